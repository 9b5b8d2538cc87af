import type { NodePlan } from "./nodePlan";

/** Labels of the kubernetes.io and k8s.io domains that a kubelet may give its own Node (NodeRestriction). */
const allowedLabels = new Set([
  "kubernetes.io/arch",
  "kubernetes.io/hostname",
  "kubernetes.io/os",
  "node.kubernetes.io/instance-type",
  "topology.kubernetes.io/region",
  "topology.kubernetes.io/zone",
]);

const allowedDomains = ["kubelet.kubernetes.io", "node.kubernetes.io"];
const restrictedDomains = ["kubernetes.io", "k8s.io"];

/** A node's labels: where it stands, then its own, which win. */
export function nodeLabels(node: NodePlan): Record<string, string> {
  const zone = node.place === "edge" ? node.site : node.zone;
  const region = node.place === "edge" ? "edge" : node.region;
  return {
    ...(region === undefined ? {} : { "topology.kubernetes.io/region": region }),
    ...(zone === undefined ? {} : { "topology.kubernetes.io/zone": zone }),
    "talos-cloud-edge/place": node.place,
    ...node.labels,
  };
}

/**
 * Why Kubernetes would refuse a label that a worker gives itself, or undefined. One refused label silently keeps Talos
 * from applying all the others of the node; so it is a mistake before anything is built.
 */
export function labelMistake(key: string): string | undefined {
  const slash = key.indexOf("/");
  if (slash < 0 || allowedLabels.has(key)) return undefined;
  const domain = key.slice(0, slash);
  const isWithin = (parent: string): boolean => domain === parent || domain.endsWith(`.${parent}`);
  if (allowedDomains.some(isWithin) || !restrictedDomains.some(isWithin)) return undefined;
  return `the label ${key} is one that a worker may not give itself; write it under a prefix of your own`;
}
