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

/** Up to this many nodes, each reaches every other: about two seconds a pair, which a Job's time allows for. */
export const fullMeshNodes = 32;

/** A node as the choice of peers sees it. */
export interface Peer {
  name: string;
  role?: "controlplane" | "worker";
}

/**
 * The nodes that one of `nodes` checks, itself among them. In a small cluster these are all. In a large one they are the control planes, and
 * out of the stack's own nodes, as out of the others, in the order of their names and round in a circle, the next, the second next, the
 * fourth next and so on: each node reaches as many of its own stack as reach it, about log2 of them, and faults that split the nodes show.
 */
export function checkedPeers<T extends Peer>(nodes: T[], others: T[], name: string): T[] {
  if (nodes.length + others.length <= fullMeshNodes) return [...nodes, ...others];
  const ring = [...nodes].sort(byName);
  const position = ring.findIndex((node) => node.name === name);
  const far = [...others].sort(byName);
  const chosen = [
    ...ring.slice(position, position + 1),
    ...doubling(ring, position),
    ...doubling(far, position),
    ...[...ring, ...far].filter(({ role }) => role === "controlplane"),
  ];
  return [...new Set(chosen)];
}

/** What stands 1, 2, 4, … places behind `position` in a circle, once round at most. */
function doubling<T>(ring: T[], position: number): T[] {
  const steps = Array.from({ length: Math.ceil(Math.log2(ring.length + 1)) }, (_, power) => 2 ** power);
  return steps.flatMap((step) => ring[(position + step) % ring.length] ?? []);
}

function byName(a: Peer, b: Peer): number {
  return a.name < b.name ? -1 : 1;
}

/** A node with what its Job depends on. */
export interface CheckedNode {
  name: string;
  podCidr: string;
  machineId: string;
}

/** The nodes and their pod addresses, in an order that does not depend on the caller's: a changed order is no change. */
export function peersVariable(nodes: Pick<CheckedNode, "name" | "podCidr">[]): string {
  return nodes
    .map((node) => `${node.name}=${node.podCidr}`)
    .sort()
    .join(" ");
}

/** Changes with any of the machines: a new one with its predecessor's pod addresses is to be checked too. */
export function machinesDigest(nodes: Pick<CheckedNode, "name" | "machineId">[]): string {
  const machines = nodes.map((node) => `${node.name}=${node.machineId}`).sort();
  return createHash("sha256").update(machines.join(" ")).digest("hex").slice(0, 16);
}

/** How long one run of the script waits for its peers, s: three runs and their checks must fit into the Job's time. */
export function waitSeconds(timeoutMinutes: number): number {
  return Math.max(15, Math.floor((timeoutMinutes * 60) / 5));
}
