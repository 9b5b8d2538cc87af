import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type NodePlan, parseSecretsYaml, type PatchContext } from "../../components/talos";
import { cloudWorker, contextFor, controlPlane, defaults, edgeWorker } from "../talos/plans";
import { yieldOf } from "./differences";
import { Talosctl } from "./talosctl";

let talosctl: Talosctl;
beforeAll(() => {
  talosctl = new Talosctl();
});
afterAll(() => {
  talosctl.close();
});

const three = (prefix: string): string[] => ["2", "3", "4"].map((last) => prefix + last);
const sysctl = "machine:\n  sysctls:\n    vm.max_map_count: '262144'\n";
const nodes: [string, NodePlan][] = [
  ["control plane", controlPlane],
  ["cloud worker", cloudWorker],
  ["edge worker", edgeWorker],
];
const options: [string, (node: NodePlan) => { node?: Partial<NodePlan>; context?: Partial<PatchContext> }][] = [
  ["by default", () => ({})],
  [
    "with three control planes",
    (node) => ({ context: { endpointAddresses: three(node.place === "cloud" ? "10.1.0." : "100.64.0.") } }),
  ],
  ["with MagicDNS", () => ({ context: { dnsName: "tail1234.ts.net" } })],
  [
    "with pods on control planes",
    () => ({ context: { cluster: { ...defaults.cluster, schedulePodsOnControlPlanes: true } } }),
  ],
  [
    "with other ranges and versions",
    () => ({
      context: {
        cluster: {
          ...defaults.cluster,
          name: "other",
          talosVersion: "v1.12.0",
          kubernetesVersion: "1.34.1",
          podCidr: "10.50.0.0/16",
          serviceCidr: "10.51.0.0/16",
        },
        networkCidr: "10.9.0.0/20",
      },
    }),
  ],
  ["with a tag of one's own", () => ({ context: { tag: "tag:other" } })],
  [
    "with labels",
    () => ({ node: { labels: { "example.com/power": "solar", "node.kubernetes.io/instance-type": "small" } } }),
  ],
  [
    "with taints",
    () => ({ node: { taints: { "example.com/edge": "true:NoExecute", "example.com/small": "NoSchedule" } } }),
  ],
  [
    "with the user's patches",
    () => ({
      node: { patches: ["apiVersion: v1alpha1\nkind: ResolverConfig\nnameservers:\n  - address: 9.9.9.9\n"] },
      context: { patches: { ...defaults.patches, all: [sysctl] } },
    }),
  ],
];
const cases = nodes.flatMap(([what, plan]) =>
  options.map(([option, change]): [string, NodePlan, PatchContext] => {
    const changes = change(plan);
    const node = { ...plan, ...changes.node };
    return [`${what} ${option}`, node, contextFor(node, changes.context)];
  }),
);

describe("Talos accepts", () => {
  it.each(cases)("the machine config of: %s", (_what, node, context) => {
    const config = talosctl.generate(node, context);
    expect(config).toMatchObject({ ok: true });
    // An edge node boots as `metal` from the ISO and as a `cloud` platform from a nocloud disk.
    for (const mode of node.place === "cloud" ? (["cloud"] as const) : (["metal", "cloud"] as const)) {
      expect(talosctl.validate(config.output, mode)).toMatchObject({ ok: true });
    }
    const generated = talosctl.generate(node, context, []);
    expect(yieldOf(generated.output, config.output)).toMatchSnapshot();
  });

  it("the machine config made from secrets that were taken over", () => {
    const takenOver = parseSecretsYaml(readFileSync(talosctl.secretsFile, "utf8"));
    const own = talosctl.generate(controlPlane, contextFor(controlPlane));
    const config = talosctl.generate(controlPlane, contextFor(controlPlane), undefined, talosctl.write(takenOver.yaml));
    expect(config).toEqual(own);
    expect(config.output).toContain(takenOver.clusterId);
    expect(talosctl.validate(config.output, "cloud")).toMatchObject({ ok: true });
  });
});

describe("Talos refuses", () => {
  const generateWith = (patch: string): { ok: boolean; messages: string; output: string } => {
    const node = { ...edgeWorker, patches: [patch] };
    return talosctl.generate(node, contextFor(node));
  };

  it("a user's patch with an unknown field, on generation", () => {
    const config = generateWith("machine:\n  kublet: {}\n");
    expect(config.ok).toBe(false);
    expect(config.messages).toContain("unknown keys found during decoding");
    expect(config.messages).toContain("kublet");
  });

  it.each([
    [
      "with a host name in the old place",
      "machine:\n  network:\n    hostname: other\n",
      "static hostname is already set in v1alpha1 config",
    ],
    ["with no subnet", "machine:\n  kubelet:\n    nodeIP:\n      validSubnets: [nonsense]\n", "nonsense"],
    ["with a taint that is none", "machine:\n  nodeTaints:\n    a/b: c:Never\n", "invalid taint effect"],
  ])("a user's patch %s, on validation only", (_what, patch, message) => {
    const config = generateWith(patch);
    expect(config).toMatchObject({ ok: true });
    const answer = talosctl.validate(config.output, "metal");
    expect(answer.ok).toBe(false);
    expect(answer.messages).toContain(message);
  });
});
