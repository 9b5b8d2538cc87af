/** Machines come into being and go away. What others hold about them (devices, Nodes, etcd members) outlives them. */
import { remove } from "../../json";
import { forgetLostCluster } from "../cluster/cluster";
import { watchQuorum } from "../cluster/etcd";
import { clusterOf } from "../cluster/identity";
import type { Machine } from "../model";
import type { Sim } from "../sim";

export function powerOn(sim: Sim, machine: Omit<Machine, "stage" | "since" | "starts">): void {
  sim.state.machines[machine.id] = { ...machine, stage: "booting", since: Date.now(), starts: 1 };
  sim.changed();
}

/** The machine is stopped and started: it boots with what is on its disk. */
export function restart(sim: Sim, id: string): void {
  const machine = sim.state.machines[id];
  if (!machine) return;
  machine.starts += 1;
  sim.changed();
  if (machine.config === undefined) return;
  Object.assign(machine, { stage: "configured", since: Date.now(), etcdSince: undefined });
  const cluster = clusterOf(sim, machine);
  if (cluster) watchQuorum(sim, cluster);
}

/** The machine and its disks are gone. */
export function powerOff(sim: Sim, id: string): void {
  const machine = sim.state.machines[id];
  if (!machine) return;
  remove(sim.state.machines, id);
  const device = machine.deviceId === undefined ? undefined : sim.state.tailnet.devices[machine.deviceId];
  if (device) {
    device.lastSeen = Date.now();
    // The tailnet keeps what is offline, unless it was declared ephemeral.
    if (device.ephemeral) remove(sim.state.tailnet.devices, device.nodeId);
  }
  for (const cluster of Object.values(sim.state.clusters)) {
    if (!cluster.members.some((member) => member.machine === id)) continue;
    watchQuorum(sim, cluster);
    forgetLostCluster(sim, cluster);
  }
  sim.changed();
}
