export { gcpAccess } from "./gcpAccess";
export {
  domainLeftover,
  gcpLeftover,
  heldVolumesLeftover,
  hostObjectLeftover,
  instanceLeftover,
  keyLeftover,
  seedImageLeftover,
} from "./hooks";
export { domainDescription, type Interrupted } from "./machine";
export { ownerLabels, ownerText } from "./mark";
