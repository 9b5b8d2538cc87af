export * from "./checkPlan";
export * from "./checkScript";
export { type KubernetesClient, preferring } from "./client";
export * from "./clusterNode";
export * from "./connectivity";
export * from "./flannelInterface";
export * from "./siteClaim";
export * from "./siteClaimGuard";
export type { SiteFacts } from "./siteClaims";
