/** How a machine gets from power-on into the tailnet. Each step waits until what it needs is there, and says what it waits for. */
import { WorldError } from "../../world";
import { hasExtension, installerAt } from "../factory";
import { host, leaseFor } from "../host/hostState";
import type { Machine } from "../model";
import type { Sim } from "../sim";
import { loginMistake, registerDevice } from "../tailnet/devices";
import { readMachineConfig } from "./config";
import { hasInternet } from "./reach";
import { configMistake } from "./validate";

const TAILSCALE = "siderolabs/tailscale";

/** Takes the machine one step further, if it can go one. */
export async function advance(sim: Sim, machine: Machine): Promise<void> {
  try {
    if (machine.stage === "booting") await readUserData(sim, machine);
    else if (machine.stage === "configured") join(sim, machine);
  } catch (error) {
    if (!(error instanceof WorldError)) throw error;
    complain(sim, machine, error.message);
  }
}

function enter(sim: Sim, machine: Machine, stage: Machine["stage"]): void {
  machine.stage = stage;
  machine.since = Date.now();
  machine.problem = undefined;
  sim.changed();
}

function complain(sim: Sim, machine: Machine, problem: string): void {
  if (machine.problem === problem) return;
  machine.problem = problem;
  sim.log(`${machine.name}: ${problem}`);
}

async function readUserData(sim: Sim, machine: Machine): Promise<void> {
  if (Date.now() < machine.since + sim.pace.boot) return;
  if (!machine.system) throw new WorldError("no bootable device");
  takeLease(sim, machine);
  if (machine.system.platform === "metal" || machine.userData === undefined) {
    enter(sim, machine, "maintenance");
    return;
  }
  const mistake = await configMistake(sim, machine.userData, machine.place === "cloud" ? "cloud" : "metal");
  if (mistake !== undefined) throw new WorldError(`failed to load the machine config: ${mistake}`);
  // While talosctl ran the machine may have been switched off.
  if (sim.state.machines[machine.id] === machine) install(sim, machine, machine.userData);
}

/** At the edge an address comes from the site's DHCP server, over the bridge that the machine is plugged into. */
function takeLease(sim: Sim, machine: Machine): void {
  const { attachment } = machine;
  if (attachment.kind === "vpc") return;
  const taken = Object.values(sim.state.machines)
    .filter(
      (other) =>
        other.id !== machine.id && other.attachment.kind === "lan" && other.attachment.host === attachment.host,
    )
    .map((other) => other.attachment.address ?? "");
  const lease = leaseFor(host(sim.dir, attachment.host), attachment.bridge, attachment.mac, taken);
  if (!lease) throw new WorldError(`DHCP on ${attachment.bridge}: no answer, no address`);
  if (taken.includes(lease.address))
    throw new WorldError(`DHCP on ${attachment.bridge}: ${lease.address} is in use by another machine`);
  attachment.address = lease.address;
}

/**
 * The config is taken. At the edge Talos now installs itself to disk from the installer that the config names, and from then on runs what is in
 * that; a cloud machine's disk holds the system already.
 */
export function install(sim: Sim, machine: Machine, text: string): void {
  const config = readMachineConfig(text);
  if (machine.place === "edge" && machine.system) {
    const installer = installerAt(sim, config.installImage);
    machine.system = { ...machine.system, ...(installer ?? { schematic: config.installImage, version: "" }) };
  }
  machine.config = text;
  enter(sim, machine, "configured");
}

function join(sim: Sim, machine: Machine): void {
  if (Date.now() < machine.since + sim.pace.join) return;
  const service = readMachineConfig(machine.config ?? "").tailscale;
  if (!hasExtension(sim, machine.system?.schematic ?? "", TAILSCALE)) {
    throw new WorldError(
      `extension ${TAILSCALE} is not in the system that was installed (${machine.system?.schematic ?? ""}): there is no service ext-tailscale`,
    );
  }
  if (!service)
    throw new WorldError("service ext-tailscale: waiting for its configuration (ExtensionServiceConfig tailscale)");
  if (!hasInternet(sim, machine)) throw new WorldError("service ext-tailscale: no route to the Internet");
  if (machine.deviceId === undefined) {
    const mistake = loginMistake(sim, service);
    if (mistake !== undefined) throw new WorldError(`service ext-tailscale: ${mistake}`);
    machine.deviceId = registerDevice(sim, service, machine.name).nodeId;
  }
  enter(sim, machine, "joined");
}
