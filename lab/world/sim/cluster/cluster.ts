/** The control plane: what a cluster is, and how it begins. */
import { remove } from "../../json";
import { WorldError } from "../../world";
import { installBaseObjects } from "../kube/baseObjects";
import type { Cluster, Machine } from "../model";
import type { Sim } from "../sim";
import { etcdAddressOf, hasQuorum, isOn, memberOf, newMember } from "./etcd";
import { clusterOf, configOf, nodeNameOf } from "./identity";

/** Starts etcd on its first member, and with it the cluster. */
export function bootstrap(sim: Sim, machine: Machine): void {
  const config = configOf(machine);
  if (config?.role !== "controlplane") {
    throw new WorldError(
      "rpc error: code = FailedPrecondition desc = bootstrap can only be performed on a control plane node",
    );
  }
  if (machine.etcdData) {
    throw new WorldError("rpc error: code = AlreadyExists desc = etcd data directory is not empty");
  }
  if (sim.state.clusters[config.cluster.id]) {
    throw new WorldError(
      "rpc error: code = FailedPrecondition desc = the node is joining a cluster that already exists: bootstrap it once, on one control plane",
    );
  }
  const address = etcdAddressOf(sim, machine);
  if (address === undefined) {
    throw new WorldError(
      "rpc error: code = FailedPrecondition desc = etcd has no address to advertise: none is in cluster.etcd.advertisedSubnets",
    );
  }
  const { ca } = config.cluster;
  if (ca.key === undefined)
    throw new WorldError(
      "rpc error: code = Internal desc = the machine config of a control plane has no cluster CA key",
    );
  machine.etcdData = true;
  machine.etcdSince = Date.now();
  const cluster: Cluster = {
    id: config.cluster.id,
    name: config.cluster.name,
    endpoint: config.cluster.endpoint,
    token: config.cluster.token,
    ca: { crt: ca.crt, key: ca.key },
    podSubnet: config.cluster.podSubnet,
    serviceSubnet: config.cluster.serviceSubnet,
    members: [{ ...newMember(machine, address), name: nodeNameOf(sim, machine), learner: false }],
    quorumLosses: [],
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

/** Whether the Kubernetes API answers on this machine. */
export function servesApi(sim: Sim, machine: Machine): boolean {
  const cluster = clusterOf(sim, machine);
  const member = cluster && memberOf(cluster, machine);
  if (!cluster || !member || member.learner || machine.etcdSince === undefined || !isOn(machine)) return false;
  return Date.now() >= machine.etcdSince + sim.pace.kubernetes && hasQuorum(sim, cluster);
}

/** A cluster whose last member is gone with its disks does not exist any more: nobody has its data. */
export function forgetLostCluster(sim: Sim, cluster: Cluster): void {
  if (!cluster.members.some((member) => member.machine in sim.state.machines)) remove(sim.state.clusters, cluster.id);
}
