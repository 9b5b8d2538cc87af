/** The kinds of cloud machine, by the word for them in their names. */
const words = { controlPlanes: "master", workers: "worker" } as const;

/** `setup02-cluster-master-1`: host name, Node name, tailnet name and GCE name of a cloud node. */
export function cloudNodeName(clusterName: string, kind: keyof typeof words, number: number): string {
  return `${clusterName}-cluster-${words[kind]}-${number}`;
}
