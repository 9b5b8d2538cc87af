export * from "./checkPlan";
export * from "./checkScript";
export { type KubernetesClient, preferring } from "./client";
export * from "./clusterNode";
export * from "./connectivity";
export * from "./flannelInterface";
