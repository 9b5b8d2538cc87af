import type { KindRef } from "./kinds";

/** Fields that the API refuses to change, as the Kubernetes provider knows them; the object is made anew. */
const immutable: Record<string, readonly string[]> = {
  ConfigMap: ["data", "binaryData", "immutable"],
  Secret: ["type", "data", "stringData", "immutable"],
  DaemonSet: ["spec.selector"],
  Deployment: ["spec.selector"],
  ReplicaSet: ["spec.selector"],
  StatefulSet: ["spec.selector", "spec.serviceName", "spec.podManagementPolicy", "spec.volumeClaimTemplates"],
  Job: ["spec.completions", "spec.completionMode", "spec.selector", "spec.template", "spec.parallelism"],
  PersistentVolumeClaim: ["spec"],
  Pod: ["spec"],
  PodDisruptionBudget: ["spec"],
  ResourceQuota: ["spec.scopes"],
  RoleBinding: ["roleRef"],
  ClusterRoleBinding: ["roleRef"],
  Service: ["spec.clusterIP", "spec.clusterIPs", "spec.type"],
  StorageClass: ["parameters", "provisioner", "reclaimPolicy", "volumeBindingMode"],
  PriorityClass: ["value"],
};

/** What can change in place after all. */
const exceptions: Record<string, readonly string[]> = {
  Pod: ["spec.containers[].image", "spec.activeDeadlineSeconds", "spec.tolerations"],
  PersistentVolumeClaim: ["spec.resources"],
};

const identity = ["apiVersion", "kind", "metadata.name", "metadata.namespace", "metadata.generateName"];

export function replacementsOf(
  { kind, patch }: KindRef,
  mutable: { configMaps: boolean; secrets: boolean },
): {
  replaces: readonly string[];
  updates: readonly string[];
} {
  const free = patch || (kind === "ConfigMap" && mutable.configMaps) || (kind === "Secret" && mutable.secrets);
  return {
    replaces: [...identity, ...(free ? [] : (immutable[kind] ?? []))],
    updates: patch ? [] : (exceptions[kind] ?? []),
  };
}
