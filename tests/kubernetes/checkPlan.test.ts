import { describe, expect, it } from "vitest";
import {
  checkedPeers,
  checkJobName,
  checkNamespace,
  fullMeshNodes,
  machinesDigest,
  type Peer,
  peersVariable,
  waitSeconds,
} from "../../components/kubernetes/checkPlan";
import { clusterIdentifier } from "../../components/kubernetes/provider";

describe("checkNamespace", () => {
  it.each([
    [undefined, "connectivity-check"],
    ["site2", "connectivity-check-site2"],
  ])("of the scope %s", (scope, expected) => {
    expect(checkNamespace(scope)).toBe(expected);
  });
});

describe("checkJobName", () => {
  it.each([
    ["talos-edge-1", "check-talos-edge-1"],
    ["Edge.One", "check-edge-one-2e5279c9"],
    ["n".repeat(63), `check-${"n".repeat(48)}-9d1a51a6`],
  ])("of %s", (node, expected) => {
    expect(checkJobName(node)).toBe(expected);
    expect(checkJobName(node)).toMatch(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/);
  });

  it("differs for names that are cut or changed to the same label", () => {
    const names = [`${"a".repeat(62)}b`, `${"a".repeat(62)}c`, "a.b", "a-b", "A-b"].map(checkJobName);
    expect(new Set(names).size).toBe(names.length);
  });
});

describe("the suite's environment", () => {
  it("lists peers in an order of its own", () => {
    const a = { name: "a", podCidr: "10.244.0.0/24" };
    const b = { name: "b", podCidr: "10.244.1.0/24" };
    expect(peersVariable([b, a])).toBe("a=10.244.0.0/24 b=10.244.1.0/24");
    expect(peersVariable([a, b])).toBe(peersVariable([b, a]));
  });

  it("tells a machine from its successor, in an order of its own", () => {
    const a = { name: "a", machineId: "1" };
    const b = { name: "b", machineId: "2" };
    expect(machinesDigest([a, b])).toMatch(/^[0-9a-f]{16}$/);
    expect(machinesDigest([b, a])).toBe(machinesDigest([a, b]));
    expect(machinesDigest([a, { ...b, machineId: "3" }])).not.toBe(machinesDigest([a, b]));
  });

  it.each([
    [1, 15],
    [5, 60],
    [60, 720],
  ])("of %i min gives peers %i s to appear", (minutes, seconds) => {
    expect(waitSeconds(minutes)).toBe(seconds);
  });
});

describe("the peers that a node checks", () => {
  const some = (count: number, prefix: string, role: Peer["role"] = "worker"): Peer[] =>
    Array.from({ length: count }, (_, index) => ({ name: `${prefix}${String(index).padStart(3, "0")}`, role }));
  const planes = some(3, "master", "controlplane");
  const names = (peers: Peer[]): string[] => peers.map(({ name }) => name);

  it.each([
    [1, 0],
    [2, 3],
    [fullMeshNodes - 3, 3],
  ])("are all, of %i nodes and %i others", (own, other) => {
    const nodes = some(own, "n");
    const others = planes.slice(0, other);
    for (const { name } of nodes) expect(checkedPeers(nodes, others, name)).toEqual([...nodes, ...others]);
  });

  it.each([
    ["the cluster's own stack", [...planes, ...some(30, "w")], []],
    ["a large stack of its own", [...planes, ...some(197, "w")], []],
    ["a large further site", some(100, "e"), [...planes, ...some(2, "w")]],
    ["a small further site of a large cluster", some(4, "e"), [...planes, ...some(200, "w")]],
  ])("are few in %s, the control planes among them, and each node is reached by as many", (_what, nodes, others) => {
    const chosen = new Map(nodes.map(({ name }) => [name, names(checkedPeers(nodes, others, name))]));
    const most = planes.length + 1 + Math.ceil(Math.log2(nodes.length + 1)) + Math.ceil(Math.log2(others.length + 1));
    for (const [name, peers] of chosen) {
      expect(peers).toContain(name);
      expect(peers).toEqual(expect.arrayContaining(names(planes)));
      expect(new Set(peers).size).toBe(peers.length);
      expect(peers.length).toBeLessThanOrEqual(most);
      const reachedBy = [...chosen].filter(([from, to]) => from !== name && to.includes(name));
      expect(reachedBy.length).toBeGreaterThanOrEqual(Math.min(nodes.length - 1, Math.floor(Math.log2(nodes.length))));
    }
  });

  it("are in a circle, doubling the distance", () => {
    expect(names(checkedPeers(some(40, "n"), [], "n038"))).toEqual([
      "n038",
      "n039",
      "n000",
      "n002",
      "n006",
      "n014",
      "n030",
    ]);
  });

  it("do not depend on the order of the nodes", () => {
    const nodes = [...planes, ...some(50, "w")];
    expect(names(checkedPeers([...nodes].reverse(), [], "w007")).sort()).toEqual(
      names(checkedPeers(nodes, [], "w007")).sort(),
    );
  });
});

describe("clusterIdentifier", () => {
  const kubeconfig = (server: string, authority: string, certificate: string): string => `
apiVersion: v1
clusters: [{ name: c, cluster: { server: "${server}", certificate-authority-data: "${authority}" } }]
users: [{ name: u, user: { client-certificate-data: "${certificate}" } }]
`;
  it("stays with a renewed client certificate and another control plane, and changes with the cluster", () => {
    const first = clusterIdentifier(kubeconfig("https://100.64.0.1:6443", "QQ==", "1"));
    expect(clusterIdentifier(kubeconfig("https://100.64.0.2:6443", "QQ==", "2"))).toBe(first);
    expect(clusterIdentifier(kubeconfig("https://100.64.0.1:6443", "Qg==", "1"))).not.toBe(first);
  });
});
