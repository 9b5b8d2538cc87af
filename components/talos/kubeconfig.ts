import { parse, stringify } from "yaml";
import { z } from "zod";

const kubeconfigSchema = z.looseObject({
  clusters: z.array(z.looseObject({ name: z.string(), cluster: z.looseObject({ server: z.string() }) })).min(1),
});

/**
 * The kubeconfig with the API server at `host`. As Talos gives it, it names the cluster endpoint, which only the nodes
 * can resolve.
 */
export function kubeconfigFor(raw: string, host: string): string {
  const result = kubeconfigSchema.safeParse(parse(raw));
  if (!result.success) throw new Error("The control plane gave a kubeconfig that names no cluster.");
  const clusters = result.data.clusters.map((entry) => ({ ...entry, cluster: { ...entry.cluster, server: host } }));
  return stringify({ ...result.data, clusters }, { lineWidth: 0 });
}

/** Where the Kubernetes API answers on a control plane. */
export function kubernetesHost(address: string): string {
  return `https://${address}:6443`;
}
