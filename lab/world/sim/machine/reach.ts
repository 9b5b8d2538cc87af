/** Who reaches whom: between machines, and from the operator's computer, which is in the tailnet and at the site's LAN. */
import { listAt, textAt, textsIn } from "../../json";
import { parseRange, contains } from "../addresses";
import { COMPUTE, resourcesOf, TOKEN } from "../gcp/names";
import { hasEgress, host } from "../host/hostState";
import type { Device, Machine } from "../model";
import type { Sim } from "../sim";

/** The operator's public address, as firewall rules see it. */
const OPERATOR = "192.0.2.10";

export function deviceOf(sim: Sim, machine: Machine): Device | undefined {
  return machine.deviceId === undefined ? undefined : sim.state.tailnet.devices[machine.deviceId];
}

/** Whether the machine gets out to the Internet: by an external address in the cloud, by the site's NAT at the edge. */
export function hasInternet(sim: Sim, machine: Machine): boolean {
  const { attachment } = machine;
  if (attachment.kind === "vpc") return attachment.external !== undefined;
  return attachment.address !== undefined && hasEgress(host(sim.dir, attachment.host), attachment.bridge);
}

/** Whether the machine's tailnet address answers. */
export function isOnline(sim: Sim, machine: Machine): boolean {
  return machine.stage === "joined" && deviceOf(sim, machine)?.authorized === true && hasInternet(sim, machine);
}

export function tailnetAddressOf(sim: Sim, machine: Machine): string | undefined {
  return isOnline(sim, machine) ? deviceOf(sim, machine)?.address : undefined;
}

export const machineOfDevice = (sim: Sim, device: Device): Machine | undefined =>
  Object.values(sim.state.machines).find((machine) => machine.deviceId === device.nodeId);

/** The machine that answers at an address, seen from another machine. */
export function machineSeenFrom(sim: Sim, from: Machine, address: string): Machine | undefined {
  return Object.values(sim.state.machines).find((machine) => {
    if (machine.id === from.id)
      return machine.attachment.address === address || tailnetAddressOf(sim, machine) === address;
    if (tailnetAddressOf(sim, machine) === address) return isOnline(sim, from);
    return machine.attachment.address === address && sameNetwork(from, machine);
  });
}

/** The machine whose Talos or Kubernetes API answers at an address, seen from the operator's computer. */
export function machineAt(sim: Sim, address: string, port: number): Machine | undefined {
  return Object.values(sim.state.machines).find((machine) => {
    if (machine.stage !== "booting" && machine.attachment.kind === "lan" && machine.attachment.address === address)
      return true;
    if (tailnetAddressOf(sim, machine) === address) return true;
    const { attachment } = machine;
    return (
      attachment.kind === "vpc" &&
      attachment.external === address &&
      machine.stage !== "booting" &&
      isOpen(sim, attachment.network, port, OPERATOR)
    );
  });
}

function sameNetwork(a: Machine, b: Machine): boolean {
  if (a.attachment.kind === "vpc") return b.attachment.kind === "vpc" && a.attachment.network === b.attachment.network;
  return (
    b.attachment.kind === "lan" &&
    a.attachment.host === b.attachment.host &&
    a.attachment.bridge === b.attachment.bridge
  );
}

/** Whether a firewall rule of the network lets TCP in from this address. What no rule allows is dropped. */
function isOpen(sim: Sim, network: string, port: number, from: string): boolean {
  return resourcesOf(sim, TOKEN.firewall).some((rule) => {
    if (textAt(rule.outputs, "network") !== COMPUTE + network || rule.outputs.direction !== "INGRESS") return false;
    const sources = textsIn(rule.inputs, "sourceRanges").map(parseRange);
    if (!sources.some((range) => range !== undefined && contains(range, from))) return false;
    return listAt(rule.inputs, "allows").some((allow) => {
      const protocol = textAt(allow, "protocol");
      const ports = textsIn(allow, "ports");
      return (
        protocol === "all" || (protocol === "tcp" && (ports.length === 0 || ports.some((range) => covers(range, port))))
      );
    });
  });
}

function covers(range: string, port: number): boolean {
  const [from = NaN, to = from] = range.split("-").map(Number);
  return port >= from && port <= to;
}
