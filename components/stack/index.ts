export { type ClusterAccess, JOIN_BUNDLE_VERSION, joinBundle, type JoinBundle, type Member } from "./access";
export { CloudPart, type CloudPartArgs } from "./cloudPart";
export { checkedBundle, clusterOf } from "./cloudStack";
export { clusterStack, type StackOutputs } from "./clusterStack";
export { dropDebugMessages } from "./debugMessages";
export { joinMistakes, stackMistakes } from "./mistakes";
export { SitePart, type SitePartArgs } from "./sitePart";
