import { describe, expect, it } from "vitest";
import { checkJobName, checkNamespace, peersVariable, waitSeconds } from "../../components/kubernetes/checkPlan";
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

  it.each([
    [1, 15],
    [5, 60],
    [60, 720],
  ])("of %i min gives peers %i s to appear", (minutes, seconds) => {
    expect(waitSeconds(minutes)).toBe(seconds);
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
