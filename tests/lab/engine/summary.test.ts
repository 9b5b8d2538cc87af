import { PassThrough } from "node:stream";
import { describe, expect, it } from "vitest";
import { parseOutputs } from "../../../lab/cli/outputs";
import { changesLine, notReady, printSummary } from "../../../lab/cli/summary";
import { Console } from "../../../lab/engine/console";
import { LabFolder } from "../../../lab/engine/labFolder";
import type { WorldSummary } from "../../../lab/world";

const outputs = parseOutputs({
  nodes: [
    { name: "setup02-cluster-master-1", role: "controlplane", place: "cloud", address: "100.64.0.1" },
    { name: "edge-1", role: "worker", place: "edge", address: "100.64.0.2" },
  ],
  endpoint: "https://api.setup02.internal:6443",
  checks: ["setup02-cluster-master-1", "edge-1"],
  kubeconfig: "apiVersion: v1",
  talosconfig: "context: setup02",
});

const world: WorldSummary = {
  nodes: [
    {
      name: "setup02-cluster-master-1",
      role: "controlplane",
      place: "cloud",
      tailnetAddress: "100.64.0.1",
      ready: true,
    },
    { name: "edge-1", role: "worker", place: "edge", tailnetAddress: "100.64.0.2", ready: false },
  ],
  clusters: [],
};

describe("changesLine", () => {
  it.each([
    [{ same: 80 }, "Nothing changed: all 80 resources are as they should be."],
    [{ create: 84 }, "84 created."],
    [
      { same: 3, create: 1, update: 2, "create-replacement": 1, replace: 1 },
      "1 created, 2 updated, 1 replaced, 3 unchanged.",
    ],
  ])("%j", (changes, line) => {
    expect(changesLine(changes)).toBe(line);
  });
});

it("notReady names nodes that the world doesn't know as Ready", () => {
  expect(notReady(outputs, world)).toEqual(["edge-1"]);
});

describe("parseOutputs", () => {
  it("needs no output at all", () => {
    expect(parseOutputs({})).toEqual({ nodes: [], checks: [] });
  });

  it("refuses what the summary could not show", () => {
    expect(() => parseOutputs({ nodes: [{ name: "x" }] })).toThrow("address");
  });
});

function summaryOf(seen: WorldSummary, kind: "sim" | "netns" = "sim"): string {
  let printed = "";
  const out = new PassThrough();
  out.on("data", (chunk: Buffer) => (printed += chunk.toString()));
  printSummary(new Console(out as unknown as NodeJS.WriteStream, false), {
    kind,
    outputs,
    world: seen,
    outcome: { ok: true, changes: { create: 84 }, errors: [], warnings: [], milliseconds: 1, interrupted: false },
    folder: new LabFolder("/checkout/.lab"),
    phases: {
      list: () => [
        { name: "tools", milliseconds: 900 },
        { name: "pulumi up", milliseconds: 21_400 },
      ],
    },
    root: "/checkout",
  });
  return printed;
}

it("the summary tells nodes, checks, files and what to do next", () => {
  const ready: WorldSummary = { ...world, nodes: world.nodes.map((node) => ({ ...node, ready: true })) };
  expect(summaryOf(ready)).toMatchInlineSnapshot(`
    "
    The cluster is up: 2 nodes, https://api.setup02.internal:6443

      NODE                      ROLE           PLACE  TAILNET ADDRESS  STATE
      setup02-cluster-master-1  control plane  cloud  100.64.0.1       Ready
      edge-1                    worker         edge   100.64.0.2       Ready

      Changes      84 created.
      Checks       passed on all 2 nodes: every pair of pods, Services, DNS and the way out
      Kubeconfig   .lab/kubeconfig
      Talosconfig  .lab/talosconfig
      Time         tools 900 ms, pulumi up 21.4 s
      Real here    the program, Pulumi engine and state, npm packages; Talos secrets and machine configs, by talosctl
      Simulated    cloud, KVM host, tailnet, machines and Kubernetes: they live only while a lab command runs
      Next         \`npm start\` again changes nothing; \`npm run lab:down\` destroys it; the README deploys it for real
    "
  `);
});

it("the summary doesn't call a cluster up whose nodes are not Ready", () => {
  expect(summaryOf(world)).toContain("The update is done, but 1 of 2 nodes is not Ready\n");
});

it("the summary of a real cluster says so, and how to use it", () => {
  const said = summaryOf(world, "netns");
  expect(said).toContain("etcd, Kubernetes, Flannel and pods: they run on");
  expect(said).toContain("Next         `npm run lab -- kubectl get nodes`");
  expect(said).not.toContain("Simulated");
});
