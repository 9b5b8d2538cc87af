export * from "./checkPlan";
export * from "./checkScript";
export type { KubernetesClient } from "./client";
export * from "./clusterNode";
export * from "./connectivity";
export * from "./flannelInterface";
