export { NetnsLab } from "./netns/lab";
export { Namespace } from "./netns/net/namespace";
export { machinesIn, type SeenMachine } from "./netns/seen";
export { unfit } from "./netns/unfit";
export { startWorld } from "./start";
export { type Fault, type FaultRule, type Moment } from "./faults";
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
