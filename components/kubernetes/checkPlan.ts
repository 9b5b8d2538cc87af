import { createHash } from "node:crypto";

/** Namespace of a connectivity suite; each stack of a cluster has its own. A DNS label. */
export function checkNamespace(scope?: string): string {
  return scope === undefined ? "connectivity-check" : label(`connectivity-check-${scope}`);
}

export const checkService = "busybox-test";
export const checkPeers = "busybox-test-peers";

/** Name of a node's Job: a DNS label, the same on every run, different for different nodes. */
export function checkJobName(nodeName: string): string {
  return label(`check-${nodeName}`);
}

/** The name where it is a DNS label, and otherwise one that is alike and still its own. */
function label(name: string): string {
  const allowed = name.toLowerCase().replace(/[^a-z0-9-]/g, "-");
  if (allowed === name && name.length <= 63) return name;
  const digest = createHash("sha256").update(name).digest("hex").slice(0, 8);
  return `${allowed.slice(0, 63 - digest.length - 1).replace(/-+$/, "")}-${digest}`;
}

/** The nodes and their pod addresses, in an order that does not depend on the caller's: a changed order is no change. */
export function peersVariable(nodes: { name: string; podCidr: string }[]): string {
  return nodes
    .map((node) => `${node.name}=${node.podCidr}`)
    .sort()
    .join(" ");
}

/** How long one run of the script waits for its peers, s: three runs and their checks must fit into the Job's time. */
export function waitSeconds(timeoutMinutes: number): number {
  return Math.max(15, Math.floor((timeoutMinutes * 60) / 5));
}
