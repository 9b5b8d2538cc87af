export { startWorld } from "./start";
export { WorldError } from "./world";
export type {
  NodeSummary,
  Pace,
  RunningWorld,
  Site,
  SiteRequest,
  SiteResponse,
  World,
  WorldOptions,
  WorldSummary,
} from "./world";
