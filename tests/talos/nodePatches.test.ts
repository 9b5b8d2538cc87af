import { describe, expect, it } from "vitest";
import { parse, parseAllDocuments } from "yaml";
import { nodePatches, type NodePlan, type PatchContext, tailnetTag } from "../../components/talos";
import { cloudWorker, contextFor, controlPlane, defaults, edgeWorker } from "./plans";

const rendered = (node: NodePlan, changes: Partial<PatchContext> = {}): string =>
  nodePatches(node, contextFor(node, changes)).join("---\n");

const userPatch = (name: string): string => `machine:\n  sysctls:\n    order: ${name}\n`;

describe("nodePatches", () => {
  it.each([
    ["a control plane", controlPlane],
    ["a cloud worker", cloudWorker],
    ["an edge worker", edgeWorker],
  ])("renders %s", (_what, node) => {
    expect(rendered(node)).toMatchSnapshot();
  });

  it("gives the same text every time", () => {
    expect(rendered(edgeWorker)).toBe(rendered({ ...edgeWorker }));
  });

  it("has a host entry for each control plane", () => {
    const addresses = ["100.64.0.1", "100.64.0.2", "100.64.0.3"];
    const documents = parseAllDocuments(rendered(edgeWorker, { endpointAddresses: addresses })).map(
      (document) => document.toJS() as { kind?: string; name?: string; hostnames?: string[] },
    );
    const hosts = documents.filter((document) => document.kind === "StaticHostConfig");
    expect(hosts.map((host) => host.name)).toEqual(addresses);
    expect(new Set(hosts.flatMap((host) => host.hostnames))).toEqual(new Set(["api.setup02.internal"]));
  });

  it("puts MagicDNS names into certificates", () => {
    const text = rendered(controlPlane, { dnsName: "tail1234.ts.net" });
    const name = "setup02-cluster-master-1.tail1234.ts.net";
    const patches = parseAllDocuments(text).map(
      (document) =>
        document.toJS() as { machine?: { certSANs?: string[] }; cluster?: { apiServer?: { certSANs?: string[] } } },
    );
    expect(patches.flatMap((patch) => patch.machine?.certSANs ?? [])).toEqual([name]);
    expect(patches.flatMap((patch) => patch.cluster?.apiServer?.certSANs ?? [])).toEqual([
      "api.setup02.internal",
      name,
    ]);
    expect(rendered(cloudWorker, { dnsName: "tail1234.ts.net" })).not.toContain("apiServer");
  });

  it("deploys Flannel and sets etcd up on control planes alone", () => {
    for (const setting of ["--iface=tailscale0", "advertisedSubnets"]) {
      expect(rendered(controlPlane)).toContain(setting);
      expect(rendered(cloudWorker)).not.toContain(setting);
      expect(rendered(edgeWorker)).not.toContain(setting);
    }
  });

  it("never sets the host name where Talos 1.12 refuses it", () => {
    for (const node of [controlPlane, cloudWorker, edgeWorker]) {
      const [base] = parseAllDocuments(rendered(node));
      expect((base?.toJS() as { machine: object }).machine).not.toHaveProperty("network");
    }
  });

  it("applies the user's patches last, from the general to the node's own", () => {
    const kinds = ["all", "controlPlanes", "workers", "cloud", "edge"] as const;
    const patches = Object.fromEntries(kinds.map((kind) => [kind, [userPatch(kind)]]));
    const own = (node: NodePlan): string[] =>
      nodePatches(
        { ...node, patches: [userPatch("own")] },
        contextFor(node, { patches: { ...defaults.patches, ...patches } }),
      )
        .slice(-4)
        .map((patch) => (parse(patch) as { machine: { sysctls: { order: string } } }).machine.sysctls.order);
    expect(own(controlPlane)).toEqual(["all", "controlPlanes", "cloud", "own"]);
    expect(own(cloudWorker)).toEqual(["all", "workers", "cloud", "own"]);
    expect(own(edgeWorker)).toEqual(["all", "workers", "edge", "own"]);
  });

  it("gives a worker its taints at registration, a control plane by Talos", () => {
    const taints = { "edge/intermittent": "true:NoExecute", "edge/small": "NoSchedule" };
    expect(rendered({ ...edgeWorker, taints })).toContain(
      [
        "      registerWithTaints:",
        "        - key: edge/intermittent",
        '          value: "true"',
        "          effect: NoExecute",
        "        - key: edge/small",
        "          effect: NoSchedule",
      ].join("\n"),
    );
    expect(rendered({ ...edgeWorker, taints })).not.toContain("nodeTaints");
    expect(rendered({ ...controlPlane, taints })).toContain("nodeTaints:\n    edge/intermittent: true:NoExecute");
  });

  it("lets a node's own labels win", () => {
    const labels = { "topology.kubernetes.io/zone": "cellar", "example.com/power": "solar" };
    const text = rendered({ ...edgeWorker, labels });
    expect(text).toContain("topology.kubernetes.io/zone: cellar");
    expect(text).toContain("example.com/power: solar");
    expect(text).not.toContain("zone: setup02-edge");
  });

  const cluster = { ...defaults.cluster, talosVersion: "v1.14.0" };
  const refused: [string, NodePlan, Partial<PatchContext>, string][] = [
    [
      "a Talos version whose documents are not known",
      edgeWorker,
      { cluster },
      "cluster.talosVersion is v1.14.0, which has other documents; write a version of v1.12 or v1.13.",
    ],
    [
      "a node without a control plane",
      edgeWorker,
      { endpointAddresses: [] },
      "talos-edge-1 has no address of a control plane to reach api.setup02.internal at.",
    ],
    [
      "a control plane without a VPC",
      controlPlane,
      { networkCidr: undefined },
      "setup02-cluster-master-1 is a control plane, which needs the VPC subnet that etcd talks over.",
    ],
  ];
  it.each(refused)("refuses %s", (_what, node, changes, message) => {
    expect(() => rendered(node, changes)).toThrow(message);
  });
});

describe("tailnetTag", () => {
  it.each([
    ["control planes", controlPlane, "tag:k8s-control-plane"],
    ["cloud workers", cloudWorker, "tag:k8s-worker"],
    ["edge workers", edgeWorker, "tag:k8s-edge"],
  ])("is that of %s", (_what, node, tag) => {
    expect(tailnetTag(node, defaults.tailnet.tags)).toBe(tag);
  });
});
