/** What etcd needs in order to go on: a majority of its voting members. Serialised by Pulumi: see components/http/request.ts. */
import type { EtcdPeer } from "../api/machine";

/**
 * What speaks against taking members out of etcd: those that stay must be a majority of themselves.
 *
 * @param healthy - names of the members whose etcd is well.
 * @param leaving - names of those to be taken out.
 */
export function removalMistake(
  members: readonly EtcdPeer[],
  healthy: readonly string[],
  leaving: readonly string[],
): string | undefined {
  const staying = members.filter((member) => !member.learner && !leaving.includes(member.name));
  const ill = staying.filter((member) => !healthy.includes(member.name)).map((member) => member.name);
  const needed = Math.floor(staying.length / 2) + 1;
  if (staying.length === 0 || staying.length - ill.length >= needed) {
    return undefined;
  }
  return (
    `Without ${leaving.join(" and ")} etcd would lose its quorum: ${needed} of the ${staying.length} members that stay must be ` +
    `healthy, but ${ill.join(" and ")} ${ill.length === 1 ? "is" : "are"} not. Bring ${ill.length === 1 ? "it" : "them"} back, or ` +
    `replace ${ill.length === 1 ? "it" : "them"} first.`
  );
}

/** The order in which members are taken out: the ill ones first, as each of them makes the majority harder to reach. */
export function removalOrder(
  members: readonly EtcdPeer[],
  healthy: readonly string[],
  leaving: readonly string[],
): EtcdPeer[] {
  const rank = (member: EtcdPeer): number => (healthy.includes(member.name) ? 1 : 0);
  return members.filter((member) => leaving.includes(member.name)).sort((a, b) => rank(a) - rank(b));
}

/**
 * The member that keeps a machine with an empty disk from joining: a dead one with its peer URL. Of a member that has the machine's name
 * Talos rids itself; one that died before it was started has no name.
 */
export function blockingMember(members: readonly EtcdPeer[], internalIp: string): EtcdPeer | undefined {
  return members.find((member) => member.name === "" && member.peerUrls.includes(`https://${internalIp}:2380`));
}
