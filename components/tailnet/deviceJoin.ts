/** Which of a tailnet's devices is the machine that was just made. */
import { at, listAt, textAt } from "../http/json";

export interface Device {
  /** The preferred identifier (`nodeId`). */
  id: string;
  /** MagicDNS name, `talos-edge-1.tail1234.ts.net`. */
  name: string;
  hostname: string;
  /** Time of joining, RFC 3339. */
  created: string;
  /** Last contact with the coordination server, RFC 3339. */
  lastSeen: string;
  authorized: boolean;
  tags: string[];
  addresses: string[];
}

export interface WantedDevice {
  hostname: string;
  /** Tag that the device must carry; `""`: any. */
  tag: string;
  /** Time of the auth key's creation, RFC 3339: what joined earlier joined with another key. `""`: unknown. */
  notBefore: string;
}

export interface JoinState {
  /** The machine's device, once there is one. */
  device?: Device;
  /** What is still missing. Absent: the machine has joined. */
  missing?: string;
  /** Why nothing is known: the tailnet could not be looked at a single time. */
  unseen?: string;
}

export function parseDevice(value: unknown): Device {
  return {
    id: textAt(value, "nodeId") || textAt(value, "id"),
    name: textAt(value, "name"),
    hostname: textAt(value, "hostname"),
    created: textAt(value, "created"),
    lastSeen: textAt(value, "lastSeen"),
    authorized: at(value, "authorized") !== false,
    tags: listAt(value, "tags").filter((tag) => typeof tag === "string"),
    addresses: listAt(value, "addresses").filter((address) => typeof address === "string"),
  };
}

/** The device's 100.64.0.0/10 address, or `""`. */
export function tailnetAddress(device: Device): string {
  return device.addresses.find((address) => /^100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.\d+\.\d+$/.test(address)) ?? "";
}

/**
 * Looks for the wanted device. A machine that was wiped leaves a device of the same host name behind, so a name is not enough: it must
 * have joined after its key was made. A key is good for one device, which leaves one candidate; the newest is taken all the same.
 */
export function joinState(devices: Device[], wanted: WantedDevice, now: number): JoinState {
  const named = devices.filter((device) => device.hostname.toLowerCase() === wanted.hostname.toLowerCase());
  const device = joinedDevices(devices, wanted, now)[0];
  if (device === undefined) {
    const stale = named.length === 1 ? "one older device" : `${named.length} older devices`;
    return { missing: named.length === 0 ? "no device of this name" : `no new device of this name, only ${stale}` };
  }
  return { device, missing: unmetBy(device, wanted.tag) };
}

/** The devices that joined with the machine's key, the newest first: one, or none. */
export function joinedDevices(devices: Device[], wanted: WantedDevice, now: number): Device[] {
  return devices
    .filter((device) => device.hostname.toLowerCase() === wanted.hostname.toLowerCase())
    .filter((device) => isFresh(device, wanted.notBefore, now))
    .sort((a, b) => Date.parse(b.created) - Date.parse(a.created));
}

/** What keeps a device from being used, if anything. */
export function unmetBy(device: Device, tag: string): string | undefined {
  if (!device.authorized) {
    return `its device ${device.id} waits for approval by an admin of the tailnet`;
  }
  if (tag !== "" && device.tags.length > 0 && !device.tags.includes(tag)) {
    return `its device ${device.id} carries ${device.tags.join(", ")}, not ${tag}`;
  }
  return tailnetAddress(device) === "" ? `its device ${device.id} has no address in 100.64.0.0/10` : undefined;
}

function isFresh(device: Device, notBefore: string, now: number): boolean {
  if (notBefore !== "") {
    // Both times come from Tailscale's clock; one of them may be cut to whole seconds.
    return Date.parse(device.created) >= Date.parse(notBefore) - 1000;
  }
  return now - Date.parse(device.lastSeen) < 10 * 60_000;
}

/** What a person should look at when a machine did not join in time. */
export function joinFailure(wanted: WantedDevice, state: JoinState, minutes: number): string {
  if (state.unseen !== undefined) {
    return `In ${minutes} min it could not be seen whether ${wanted.hostname} joined the tailnet: ${state.unseen}`;
  }
  const said = `${wanted.hostname} did not join the tailnet within ${minutes} min: ${state.missing ?? "unknown"}.`;
  if (state.device === undefined) {
    return (
      `${said} Look at its console: has it an address, a route to the Internet and the right time, and does \`ext-tailscale\` run? ` +
      "Its auth key can be used once and expires; a `pulumi up` after that makes the machine anew with another key, and so does raising its generation now."
    );
  }
  if (!state.device.authorized) {
    return `${said} Approve it at https://login.tailscale.com/admin/machines, then run this again.`;
  }
  return `${said} Check the tag's owners in the tailnet's policy, then raise the machine's generation.`;
}
