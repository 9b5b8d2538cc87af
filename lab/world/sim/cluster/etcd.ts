/** etcd's members: how they join, vote and are removed, with the words of etcd and of Talos, which looks after it. */
import { randomBytes } from "node:crypto";
import { GrpcRefusal } from "../../world";
import { isIn } from "../addresses";
import { isOnline, tailnetAddressOf } from "../machine/reach";
import type { Cluster, EtcdMember, Machine } from "../model";
import { timestamp } from "../sim";
import type { Sim } from "../sim";
import { clusterOf, configOf, nodeNameOf } from "./identity";

const NOT_FOUND = 5;
const UNAVAILABLE = 14;

/** Whether the machine has booted and runs its services. */
export const isOn = (machine: Machine): boolean => machine.stage === "joined";

export const memberOf = (cluster: Cluster, machine: Machine): EtcdMember | undefined =>
  cluster.members.find((member) => member.machine === machine.id);

/** A member as it is added: it learns until it has caught up. */
export const newMember = (machine: Machine, address: string): EtcdMember => ({
  id: randomBytes(8).readBigUInt64BE().toString(),
  machine: machine.id,
  name: "",
  peerUrl: `https://${address}:2380`,
  learner: true,
  since: Date.now(),
});

/** Whether the member's machine exists and runs its etcd. */
export function isLive(sim: Sim, member: EtcdMember): boolean {
  const machine = sim.state.machines[member.machine];
  return machine?.etcdSince !== undefined && isOn(machine);
}

const voters = (cluster: Cluster): EtcdMember[] => cluster.members.filter((member) => !member.learner);

const liveVoters = (sim: Sim, cluster: Cluster): EtcdMember[] =>
  voters(cluster).filter((member) => isLive(sim, member));

export const hasQuorum = (sim: Sim, cluster: Cluster): boolean =>
  liveVoters(sim, cluster).length * 2 > voters(cluster).length;

/** Writes down when the quorum is lost, once for each loss. */
export function watchQuorum(sim: Sim, cluster: Cluster): void {
  const lost = !hasQuorum(sim, cluster);
  if (lost && !cluster.lost) cluster.quorumLosses.push(timestamp());
  cluster.lost = lost;
}

/** What etcd on a control plane does next: start with its data, join the others, or vote once it has caught up. */
export function stepEtcd(sim: Sim, machine: Machine): void {
  const cluster = clusterOf(sim, machine);
  if (!cluster || configOf(machine)?.role !== "controlplane") return;
  const member = memberOf(cluster, machine);
  if (machine.etcdData) {
    if (member && machine.etcdSince === undefined) start(sim, machine);
    if (member?.learner) promote(sim, cluster, machine, member);
  } else if (isOnline(sim, machine)) {
    join(sim, cluster, machine);
  }
  watchQuorum(sim, cluster);
}

/** Whether etcd on this machine has still something to do by itself. */
export function isEtcdSettled(sim: Sim, machine: Machine): boolean {
  const cluster = clusterOf(sim, machine);
  if (!cluster || configOf(machine)?.role !== "controlplane") return true;
  const member = memberOf(cluster, machine);
  return member ? machine.etcdSince !== undefined && !member.learner : machine.etcdData === true;
}

function start(sim: Sim, machine: Machine): void {
  machine.etcdData = true;
  machine.etcdSince = Date.now();
  sim.changed();
}

function promote(sim: Sim, cluster: Cluster, machine: Machine, member: EtcdMember): void {
  if (Date.now() < member.since + sim.pace.kubernetes || !hasQuorum(sim, cluster)) return;
  member.name = nodeNameOf(sim, machine);
  member.learner = false;
  start(sim, machine);
}

/** A machine with an empty disk adds itself as a learner. Talos removes a member of the machine's own name first. */
function join(sim: Sim, cluster: Cluster, machine: Machine): void {
  const config = configOf(machine);
  if (config?.cluster.token !== cluster.token || config.cluster.ca.crt !== cluster.ca.crt) {
    machine.problem = "etcd: x509: certificate signed by unknown authority";
    return;
  }
  if (!hasQuorum(sim, cluster)) {
    machine.problem = "etcd: error getting etcd member list: etcdserver: no leader";
    return;
  }
  const own = etcdAddressOf(sim, machine);
  const reached = liveVoters(sim, cluster).some((member) => {
    const other = sim.state.machines[member.machine];
    return other !== undefined && etcdReaches(sim, machine, other);
  });
  if (own === undefined || !reached) {
    machine.problem = "etcd: no member of the cluster is reachable in cluster.etcd.advertisedSubnets";
    return;
  }
  cluster.members = cluster.members.filter((member) => member.name !== nodeNameOf(sim, machine));
  const added = newMember(machine, own);
  const refusal = cluster.members.some((member) => member.peerUrl === added.peerUrl)
    ? "etcdserver: Peer URLs already exists"
    : cluster.members.some((member) => member.learner)
      ? "etcdserver: too many learner members in cluster"
      : undefined;
  if (refusal !== undefined) {
    machine.problem = `etcd: error adding member: ${refusal}`;
    return;
  }
  machine.problem = undefined;
  cluster.members.push(added);
  start(sim, machine);
}

/** Removes a member, unless etcd protects its quorum. */
export function removeMember(sim: Sim, cluster: Cluster, id: string): void {
  requireLeader(sim, cluster);
  const member = cluster.members.find((candidate) => candidate.id === id);
  if (!member) throw new GrpcRefusal(NOT_FOUND, "etcdserver: member not found");
  const others = voters(cluster).filter((other) => other !== member);
  if (!member.learner && others.length === 0) {
    throw new GrpcRefusal(
      UNAVAILABLE,
      "failed to remove member: etcdserver: re-configuration failed due to not enough started members",
    );
  }
  const live = liveVoters(sim, cluster).length;
  if (!member.learner && isLive(sim, member) && live - 1 < 1 + Math.floor(others.length / 2)) {
    throw new GrpcRefusal(UNAVAILABLE, "failed to remove member: etcdserver: unhealthy cluster");
  }
  cluster.members = cluster.members.filter((other) => other !== member);
  const machine = sim.state.machines[member.machine];
  // etcd ends on a machine that is no member any more; its data stays, so that it does not join again.
  if (machine) machine.etcdSince = undefined;
  watchQuorum(sim, cluster);
  sim.changed();
}

export function requireLeader(sim: Sim, cluster: Cluster): void {
  if (!hasQuorum(sim, cluster)) throw new GrpcRefusal(UNAVAILABLE, "etcdserver: no leader");
}

/** The address etcd advertises: the first that lies in the configured subnets; without any, the LAN's. */
export function etcdAddressOf(sim: Sim, machine: Machine): string | undefined {
  const subnets = configOf(machine)?.cluster.etcdSubnets ?? [];
  const addresses = [machine.attachment.address, tailnetAddressOf(sim, machine)].filter(
    (address) => address !== undefined,
  );
  return subnets.length === 0
    ? addresses[0]
    : addresses.find((address) => subnets.some((subnet) => isIn(subnet, address)));
}

function etcdReaches(sim: Sim, from: Machine, to: Machine): boolean {
  const address = etcdAddressOf(sim, to);
  if (address === undefined) return false;
  if (address === tailnetAddressOf(sim, to)) return isOnline(sim, from);
  const [a, b] = [from.attachment, to.attachment];
  return a.kind === "vpc"
    ? b.kind === "vpc" && a.network === b.network
    : b.kind === "lan" && a.host === b.host && a.bridge === b.bridge;
}
