import type { PatchesConfig } from "../config/schema";
import type { NodePlan } from "./nodePlan";

/** The user's patches for a node, from the most general to the node's own. */
export function userPatches(node: NodePlan, patches: PatchesConfig): string[] {
  const role = node.role === "controlplane" ? patches.controlPlanes : patches.workers;
  return [...patches.all, ...role, ...patches[node.place], ...node.patches];
}
