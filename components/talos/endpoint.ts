/** The name by which every node knows the Kubernetes API server. Only the nodes' own static host entries resolve it. */
export function endpointName(clusterName: string): string {
  return `api.${clusterName}.internal`;
}

/** The cluster endpoint that machine configs name. */
export function clusterEndpoint(clusterName: string): string {
  return `https://${endpointName(clusterName)}:6443`;
}
