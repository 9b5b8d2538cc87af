/** Who a machine is: its config, its name and the cluster it belongs to. */
import { host, leaseFor } from "../host/hostState";
import { readMachineConfig } from "../machine/config";
import type { MachineConfig } from "../machine/config";
import type { Cluster, Machine } from "../model";
import type { Sim } from "../sim";

export const configOf = (machine: Machine): MachineConfig | undefined =>
  machine.config === undefined ? undefined : readMachineConfig(machine.config);

export function clusterOf(sim: Sim, machine: Machine): Cluster | undefined {
  const config = configOf(machine);
  return config && sim.state.clusters[config.cluster.id];
}

/** Host name of a machine, which is also its Node's and its etcd member's. */
export const nodeNameOf = (sim: Sim, machine: Machine): string =>
  configOf(machine)?.hostname ?? leasedHostname(sim, machine) ?? machine.name;

/** The host name that the site's DHCP server hands out with the lease. */
function leasedHostname(sim: Sim, machine: Machine): string | undefined {
  const { attachment } = machine;
  if (attachment.kind === "vpc") return undefined;
  return leaseFor(host(sim.dir, attachment.host), attachment.bridge, attachment.mac, [])?.hostname;
}
