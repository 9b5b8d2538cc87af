/** Domains: a domain that is to run is a machine that boots. */
import { at, flagAt, listAt, numberAt, textAt } from "../../json";
import type { JsonObject } from "../../json";
import { WorldError } from "../../world";
import type { Host } from "../host/hostState";
import { powerOff, powerOn } from "../machine/power";
import { uuid } from "../sim";
import type { Sim } from "../sim";
import { volumesInUse, volumesOf } from "./disks";
import { named, nameOf, objectsOf, TOKEN } from "./names";
import type { Handler } from "./names";

const MAC = /^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/i;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

export const domain: Handler = {
  create(sim, host, inputs) {
    const name = nameOf(inputs);
    const other = named(sim, host, TOKEN.domain, name);
    if (other) throw new WorldError(`operation failed: domain '${name}' already exists with uuid ${other.id}`);
    if (numberAt(inputs, "memory") === undefined) throw new WorldError("XML error: missing required element <memory>");
    const id = uuidOf(inputs);
    if (objectsOf(sim, host, TOKEN.domain).some((candidate) => candidate.id === id)) {
      throw new WorldError(`operation failed: domain with uuid ${id} already exists`);
    }
    const users = volumesInUse(sim, host);
    for (const { device, volume } of volumesOf(sim, host, inputs)) {
      const user = users.get(volume.id);
      // What is read only can be shared: the boot ISO is.
      if (user !== undefined && device === "disk") {
        throw new WorldError(
          `internal error: process exited while connecting to monitor: Failed to get "write" lock on ${volume.id}: Is another process using the image? (domain ${user})`,
        );
      }
    }
    if (isRunning(inputs)) plug(sim, host, inputs);
    return { id, outputs: { ...inputs, uuid: id, domainId: isRunning(inputs) ? sim.next() : -1 } };
  },
  afterCreate(sim, host, object) {
    if (!isRunning(object.inputs)) return;
    const volumes = volumesOf(sim, host, object.inputs);
    const contents = volumes.map(({ volume }) => volume.content);
    const boot = contents.find((content) => content?.kind === "image");
    const seed = contents.find((content) => content?.kind === "seed");
    const { bridge, mac } = plug(sim, host, object.inputs);
    powerOn(sim, {
      id: object.id,
      name: textAt(object.inputs, "name") ?? "",
      place: "edge",
      system: boot?.image,
      // Only the nocloud platform looks for a seed.
      userData: boot?.image.platform === "nocloud" ? seed?.userData : undefined,
      attachment: { kind: "lan", host: host.name, bridge, mac },
    });
  },
  // For these the provider shuts the machine down, defines the domain anew and starts it: it reboots from its own disk.
  mutable: ["autostart", "description", "title", "metadata", "destroy", "memory", "currentMemory", "vcpu"],
  afterDelete(sim, _host, object) {
    powerOff(sim, object.id);
  },
};

const isRunning = (inputs: JsonObject): boolean => flagAt(inputs, "running");

/** The UUID of the SMBIOS table is the domain's too, where one is given. */
function uuidOf(inputs: JsonObject): string {
  const entries = listAt(inputs, "sysInfos").flatMap((info) => listAt(info, "smbios", "system", "entries"));
  const given = entries.find((entry) => textAt(entry, "name") === "uuid");
  const value = textAt(given, "value");
  if (value === undefined) return uuid();
  if (!UUID.test(value)) throw new WorldError(`XML error: malformed uuid element: ${value}`);
  return value.toLowerCase();
}

/** Plugs the domain's first interface into its bridge, which has to be there by now. */
function plug(sim: Sim, host: Host, inputs: JsonObject): { bridge: string; mac: string } {
  const [nic] = listAt(inputs, "devices", "interfaces");
  if (nic === undefined)
    throw new WorldError("The lab's domains need a network interface: a Talos machine without one is of no use.", 501);
  const mac = textAt(nic, "mac", "address") ?? "";
  if (!MAC.test(mac)) throw new WorldError(`XML error: unable to parse mac address '${mac}'`);
  const networkName = textAt(nic, "source", "network", "network");
  const network = networkName === undefined ? undefined : named(sim, host, TOKEN.network, networkName);
  if (networkName !== undefined && !network) {
    throw new WorldError(`Network not found: no network with matching name '${networkName}'`);
  }
  const bridge = textAt(network?.inputs, "bridge", "name") ?? textAt(nic, "source", "bridge", "bridge") ?? "";
  if (!sim.hasBridge(host.name, bridge)) {
    throw new WorldError(`internal error: Unable to add port vnet0 to OVS bridge ${bridge}`);
  }
  const sameMac = objectsOf(sim, host, TOKEN.domain).find(
    (other) =>
      textAt(other.inputs, "name") !== textAt(inputs, "name") &&
      listAt(other.inputs, "devices", "interfaces").some((candidate) => at(candidate, "mac", "address") === mac),
  );
  if (sameMac)
    throw new WorldError(
      `internal error: MAC address ${mac} is in use by domain '${textAt(sameMac.inputs, "name") ?? ""}'`,
    );
  return { bridge, mac: mac.toLowerCase() };
}
