import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { kubeconfigFor, kubernetesHost } from "../../components/talos";

const raw = `apiVersion: v1
kind: Config
clusters:
- name: setup02
  cluster:
    server: https://api.setup02.internal:6443
    certificate-authority-data: Y2E=
users:
- name: admin@setup02
  user:
    client-certificate-data: Y2VydA==
    client-key-data: a2V5
contexts:
- name: admin@setup02
  context:
    cluster: setup02
    user: admin@setup02
current-context: admin@setup02
`;

describe("kubeconfigFor", () => {
  it("changes the server and nothing else", () => {
    const before = parse(raw) as { clusters: { cluster: { server: string } }[] };
    const after = parse(kubeconfigFor(raw, kubernetesHost("100.64.0.1"))) as typeof before;
    expect(after.clusters[0]?.cluster.server).toBe("https://100.64.0.1:6443");
    for (const entry of [...before.clusters, ...after.clusters]) entry.cluster.server = "";
    expect(after).toEqual(before);
  });

  it("refuses what is no kubeconfig", () => {
    expect(() => kubeconfigFor("a: b", "https://100.64.0.1:6443")).toThrow(
      "The control plane gave a kubeconfig that names no cluster.",
    );
  });
});
