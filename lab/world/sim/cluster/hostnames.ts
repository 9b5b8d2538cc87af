import { host, leaseFor } from "../host/hostState";
import type { Machine } from "../model";
import type { Sim } from "../sim";

/** The host name that the site's DHCP server hands out with the lease. */
export function leasedHostname(sim: Sim, machine: Machine): string | undefined {
  const { attachment } = machine;
  if (attachment.kind === "vpc") return undefined;
  return leaseFor(host(sim.dir, attachment.host), attachment.bridge, attachment.mac, [])?.hostname;
}
