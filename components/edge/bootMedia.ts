/** Which boot ISO a node shares with others of its site, and when it is fetched again. Pure. */
import type { EdgeNodePlan, SitePlan } from "./plan";

/** An ISO that all nodes of one kind share. */
export interface SharedIso {
  /** Identifies the ISO within its site; part of the volume's name. */
  key: string;
  /** The ISO is fetched again when this changes. */
  trigger: string;
}

/**
 * The ISO that a node of a directory pool boots. A new image address alone changes nothing, as installed machines need the ISO no more;
 * it is fetched again when a node that boots it is new or replaced. Undefined for a logical volume, which can't be replaced while a
 * neighbour holds it open: there each node has an ISO of its own.
 */
export function sharedIso(site: SitePlan, node: EdgeNodePlan): SharedIso | undefined {
  if (site.pool.kind === "lvm") return undefined;
  const sharing = site.nodes.filter((other) => other.boot === node.boot && other.architecture === node.architecture);
  return {
    key: `${node.boot}-${node.architecture}`,
    trigger: sharing.map((other) => `${other.name}:${other.generation}`).join(","),
  };
}
