/** etcd and the control plane: bootstrap, members, quorum. */
import { remove } from "../../json";
import { WorldError } from "../../world";
import { isIn } from "../addresses";
import { installBaseObjects } from "../kube/baseObjects";
import { readMachineConfig } from "../machine/config";
import type { MachineConfig } from "../machine/config";
import { isOnline, tailnetAddressOf } from "../machine/reach";
import type { Cluster, Machine } from "../model";
import type { Sim } from "../sim";

export const configOf = (machine: Machine): MachineConfig | undefined =>
  machine.config === undefined ? undefined : readMachineConfig(machine.config);

export function clusterOf(sim: Sim, machine: Machine): Cluster | undefined {
  const config = configOf(machine);
  return config && sim.state.clusters[config.cluster.id];
}

/** Starts etcd on its first member, and with it the cluster. */
export function bootstrap(sim: Sim, machine: Machine): void {
  const config = configOf(machine);
  if (config?.role !== "controlplane") {
    throw new WorldError(
      "rpc error: code = FailedPrecondition desc = bootstrap can only be performed on a control plane node",
    );
  }
  if (machine.etcdSince !== undefined) {
    throw new WorldError("rpc error: code = AlreadyExists desc = etcd data directory is not empty");
  }
  if (sim.state.clusters[config.cluster.id]) {
    throw new WorldError(
      "rpc error: code = FailedPrecondition desc = the node is joining a cluster that already exists: bootstrap it once, on one control plane",
    );
  }
  if (etcdAddressOf(sim, machine) === undefined) {
    throw new WorldError(
      "rpc error: code = FailedPrecondition desc = etcd has no address to advertise: none is in cluster.etcd.advertisedSubnets",
    );
  }
  const { ca } = config.cluster;
  if (ca.key === undefined)
    throw new WorldError(
      "rpc error: code = Internal desc = the machine config of a control plane has no cluster CA key",
    );
  machine.etcdSince = Date.now();
  const cluster: Cluster = {
    id: config.cluster.id,
    name: config.cluster.name,
    endpoint: config.cluster.endpoint,
    token: config.cluster.token,
    ca: { crt: ca.crt, key: ca.key },
    podSubnet: config.cluster.podSubnet,
    serviceSubnet: config.cluster.serviceSubnet,
    members: [machine.id],
    resourceVersion: 0,
    podSubnets: 0,
    objects: {},
    applied: {},
    logs: {},
  };
  sim.state.clusters[cluster.id] = cluster;
  installBaseObjects(cluster, config);
  sim.changed();
}

/** Further control planes become members by themselves once they reach one. */
export function joinEtcd(sim: Sim, machine: Machine): void {
  const config = configOf(machine);
  const cluster = clusterOf(sim, machine);
  if (config?.role !== "controlplane" || !cluster || machine.etcdSince !== undefined || !isOnline(sim, machine)) return;
  if (config.cluster.token !== cluster.token || config.cluster.ca.crt !== cluster.ca.crt) {
    machine.problem = "etcd: x509: certificate signed by unknown authority";
    return;
  }
  if (!hasQuorum(sim, cluster)) return;
  const own = etcdAddressOf(sim, machine);
  const reached = liveMembers(sim, cluster).some((member) => etcdReaches(sim, machine, member));
  if (own === undefined || !reached) {
    machine.problem = "etcd: no member of the cluster is reachable in cluster.etcd.advertisedSubnets";
    return;
  }
  machine.problem = undefined;
  machine.etcdSince = Date.now();
  cluster.members.push(machine.id);
  sim.changed();
}

const liveMembers = (sim: Sim, cluster: Cluster): Machine[] =>
  cluster.members
    .map((id) => sim.state.machines[id])
    .filter((machine): machine is Machine => machine?.etcdSince !== undefined);

const hasQuorum = (sim: Sim, cluster: Cluster): boolean =>
  liveMembers(sim, cluster).length * 2 > cluster.members.length;

/** Whether the Kubernetes API answers on this machine. */
export function servesApi(sim: Sim, machine: Machine): boolean {
  const cluster = clusterOf(sim, machine);
  if (!cluster || machine.etcdSince === undefined || !cluster.members.includes(machine.id)) return false;
  return Date.now() >= machine.etcdSince + sim.pace.kubernetes && hasQuorum(sim, cluster);
}

/** A cluster whose last member is gone with its disks does not exist any more: nobody has its data. */
export function forgetLostCluster(sim: Sim, cluster: Cluster): void {
  if (liveMembers(sim, cluster).length === 0) remove(sim.state.clusters, cluster.id);
}

/** The address etcd advertises: the first that lies in the configured subnets; without any, the LAN's. */
function etcdAddressOf(sim: Sim, machine: Machine): string | undefined {
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
