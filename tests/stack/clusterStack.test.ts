import * as pulumi from "@pulumi/pulumi";
import { beforeEach, describe, expect, it } from "vitest";
import { parseStackConfig } from "../../components/config";
import type { StackOutputs } from "../../components/stack";
import { leaveProvidersUnserialised } from "../http/unserialised";
import { Graph } from "./graph";

const site = {
  name: "edge",
  cidr: "10.0.20.0/24",
  nodes: [{ name: "talos-edge-1", mac: "52:54:00:00:02:01", ip: "10.0.20.10" }],
};

function declare(graph: Graph, raw: Record<string, unknown>): Promise<StackOutputs> {
  leaveProvidersUnserialised();
  return graph.run(async () => {
    const { clusterStack } = await import("../../components/stack");
    return clusterStack(parseStackConfig(raw));
  });
}

describe("a stack with the cloud part and a site", () => {
  let graph: Graph;
  let outputs: StackOutputs;

  beforeEach(async () => {
    graph = new Graph();
    outputs = await declare(graph, { cloud: {}, sites: [site] });
  });

  it("has a machine, key, device, config and Node for every node", () => {
    expect(graph.names("gcp:compute/instance:Instance")).toEqual([
      "setup02-cluster-master-1-machine-instance",
      "setup02-cluster-worker-1-machine-instance",
    ]);
    expect(graph.names("libvirt:index/domain:Domain")).toEqual(["setup02-edge-talos-edge-1-machine-domain"]);
    for (const type of [
      "tailscale:index/tailnetKey:TailnetKey",
      "pulumi-nodejs:dynamic/tailnet:TailnetDevice",
      "talos:index/machineConfigurationApply:MachineConfigurationApply",
      "pulumi-nodejs:dynamic/kubernetes:ClusterNode",
    ]) {
      expect(graph.names(type), type).toHaveLength(3);
    }
  });

  it("names every child after its parent", () => {
    const strays = graph.resources
      .filter(({ parent }) => parent !== undefined)
      .filter(({ name, parent }) => !name.startsWith(`${String(parent)}-`));
    expect(strays).toEqual([]);
  });

  it("reaches the Kubernetes API at the first control plane's tailnet address", () => {
    const hosts = graph.resources
      .filter(({ type }) => type === "pulumi-nodejs:dynamic/kubernetes:ClusterNode")
      .map(({ inputs }) => (pulumi.runtime.unwrapRpcSecret(inputs.client) as { host: string }).host);
    expect(hosts).toEqual(["https://100.64.0.1:6443", "https://100.64.0.1:6443", "https://100.64.0.1:6443"]);
  });

  it("bootstraps one etcd, with a member for the control plane", () => {
    expect(graph.names("pulumi-nodejs:dynamic/talos:EtcdBootstrap")).toEqual(["setup02-etcd-bootstrap"]);
    expect(graph.names("pulumi-nodejs:dynamic/talos:EtcdMember")).toEqual(["setup02-etcd-setup02-cluster-master-1"]);
  });

  it("keeps kubeconfig, talosconfig and join bundle secret", async () => {
    const { kubeconfig, talosconfig, joinBundle } = outputs;
    const secret = [kubeconfig, talosconfig, pulumi.output(joinBundle)].map((output) =>
      pulumi.isSecret<unknown>(output as pulumi.Output<unknown>),
    );
    expect(await Promise.all(secret)).toEqual([true, true, true]);
  });

  it("lists its nodes with their tailnet addresses", async () => {
    const nodes = await promiseOf(pulumi.output(outputs.nodes));
    expect(nodes).toEqual([
      { name: "setup02-cluster-master-1", role: "controlplane", place: "cloud", address: "100.64.0.1" },
      { name: "setup02-cluster-worker-1", role: "worker", place: "cloud", address: "100.64.0.2" },
      { name: "talos-edge-1", role: "worker", place: "edge", address: "100.64.0.3" },
    ]);
  });

  it("resolves the endpoint to VPC addresses in the cloud and to tailnet addresses at the edge", () => {
    expect(graph.patchesOf("setup02-cluster-worker-1")).toContain("10.1.0.2");
    expect(graph.patchesOf("talos-edge-1")).toContain("100.64.0.1");
    expect(graph.patchesOf("talos-edge-1")).not.toContain("10.1.0.2");
  });
});

describe("the claims of a cloud stack's own sites", () => {
  const claim = "pulumi-nodejs:dynamic/kubernetes:SiteClaim";

  it("are made, with the guard that comes after everything", async () => {
    const graph = new Graph();
    await declare(graph, { cloud: {}, sites: [site] });
    expect(graph.resources.find(({ type }) => type === claim)?.inputs).toMatchObject({
      site: "edge",
      cidr: "10.0.20.0/24",
      host: "local",
      bridge: "setup02-edge",
      nodes: [{ name: "talos-edge-1", mac: "52:54:00:00:02:01" }],
      owner: "0a1b2c3d",
      stack: "organization/talos-cloud-edge/test",
      field: "talos-cloud-edge:sites[0]",
    });
    expect(graph.resources.at(-1)?.type).toBe("pulumi-nodejs:dynamic/kubernetes:SiteClaimGuard");
  });

  it.each([
    ["before the site where others may have joined", { joinBundle: { version: 2 } }, true],
    ["beside the site where the cluster is being made", {}, false],
  ])("come %s", async (_where, outputs, before) => {
    const graph = new Graph();
    graph.stacks["organization/talos-cloud-edge/test"] = outputs;
    await declare(graph, { cloud: {}, sites: [site] });
    const types = graph.resources.map(({ type }) => type);
    expect(types.indexOf(claim) < types.indexOf("pulumi-nodejs:dynamic/talos-cloud-edge:SiteNetwork")).toBe(before);
  });
});

describe("mistakes that show beside the plans", () => {
  const wrongId = "7d4c31cbd96db9f90c874990697c523482b2bae27fb4631d5583dcd9c281b1ff";
  it.each([
    [
      "a schematic id of other extensions",
      { cloud: {}, images: { cloud: { schematicId: wrongId } } },
      `talos-cloud-edge:images.cloud.schematicId is ${wrongId}, but what stands beside it (siderolabs/tailscale) has the id ` +
        "4a0d65c669d46663f377e7161e50cfd570c401f26fd9e7bda34a0216b6f1922b; write that id, or leave schematicId out.",
    ],
  ])("%s ends the program before any resource", async (_what, raw, sentence) => {
    const graph = new Graph();
    await graph.install();
    const { clusterStack } = await import("../../components/stack");
    await expect(clusterStack(parseStackConfig(raw))).rejects.toThrow(sentence);
    expect(graph.resources).toEqual([]);
  });
});

function promiseOf<T>(output: pulumi.Output<T>): Promise<T> {
  return new Promise((resolve) => {
    output.apply(resolve);
  });
}
