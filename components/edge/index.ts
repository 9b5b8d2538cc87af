export { EdgeNode, type EdgeNodeArgs } from "./edgeNode";
export { EdgeSite, type EdgeSiteArgs } from "./edgeSite";
export { hostNetwork, type HostFile, type HostNetwork } from "./hostNetwork";
export { edgeNodePlan, sitePlan, type EdgeNodePlan, type Lease, type SitePlan } from "./plan";
export { SiteNetwork, type SiteNetworkArgs } from "./siteNetwork";
