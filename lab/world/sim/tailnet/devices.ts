/** Devices join the tailnet with a key; the tailnet then knows them until somebody deletes them. */
import { isReservedTailnetAddress, tailnetAddress } from "../addresses";
import type { TailscaleService } from "../machine/config";
import { isOnline, machineOfDevice } from "../machine/reach";
import { isUsable } from "../../tailnet/keys";
import type { DeviceView, TailnetKey } from "../../tailnet/store";
import type { Device } from "../model";
import { numericId, randomText, timestamp } from "../sim";
import type { Sim } from "../sim";

const TAILNET_DOMAIN = "tail1ab.ts.net";
const CLIENT_VERSION = "1.94.2-t0a29cf18b-g8fd19ac4a";
/** Date that Tailscale gives for "never". */
const NEVER = "0001-01-01T00:00:00Z";

/** Why this login would be refused, in tailscaled's words; undefined when it would succeed. */
export function loginMistake(sim: Sim, service: TailscaleService): string | undefined {
  if (service.authKey === undefined) return "NeedsLogin: TS_AUTHKEY is not set";
  const key = keyBySecret(sim, service.authKey);
  if (!key) return "backend error: invalid key: API key does not exist";
  if (!isUsable(key)) return `backend error: invalid key: API key ${key.id} not valid`;
  const wrong = service.tags.filter((tag) => !key.tags.includes(tag));
  if (wrong.length > 0) return `backend error: requested tags [${wrong.join(" ")}] are invalid or not permitted`;
  return undefined;
}

export function registerDevice(sim: Sim, service: TailscaleService, fallbackName: string): Device {
  const key = keyBySecret(sim, service.authKey ?? "");
  if (!key) throw new Error("a device registers with a key that was checked before");
  key.used = true;
  const hostname = service.hostname ?? fallbackName;
  const now = Date.now();
  const device: Device = {
    id: numericId(sim),
    nodeId: `n${randomText(11)}CNTRL`,
    hostname,
    name: freeName(sim, hostname),
    address: drawAddress(sim),
    tags: service.tags.length > 0 ? service.tags : key.tags,
    ephemeral: key.ephemeral,
    authorized: key.preauthorized,
    keyExpiryDisabled: key.tags.length > 0,
    created: now,
    lastSeen: now,
  };
  sim.state.tailnet.devices[device.nodeId] = device;
  sim.changed();
  return device;
}

/** A device as the API shows it. */
export function showDevice(sim: Sim, device: Device): DeviceView {
  const machine = machineOfDevice(sim, device);
  const online = machine !== undefined && isOnline(sim, machine);
  if (online) device.lastSeen = Date.now();
  return {
    addresses: [device.address, ipv6Of(device.address)],
    id: device.id,
    nodeId: device.nodeId,
    user: "tagged-devices",
    name: device.name,
    hostname: device.hostname,
    clientVersion: CLIENT_VERSION,
    updateAvailable: false,
    os: "linux",
    created: timestamp(device.created),
    connectedToControl: online,
    lastSeen: timestamp(device.lastSeen),
    keyExpiryDisabled: device.keyExpiryDisabled,
    expires: device.keyExpiryDisabled ? NEVER : timestamp(device.created + 180 * 86_400_000),
    authorized: device.authorized,
    isExternal: false,
    isEphemeral: device.ephemeral,
    blocksIncomingConnections: false,
    tags: device.tags,
    enabledRoutes: [],
    advertisedRoutes: [],
  };
}

const keyBySecret = (sim: Sim, secret: string): TailnetKey | undefined =>
  Object.values(sim.state.tailnet.keys).find((key) => key.secret === secret);

/** MagicDNS names are unique: whoever comes second with a host name gets `-1`. */
function freeName(sim: Sim, hostname: string): string {
  const taken = new Set(Object.values(sim.state.tailnet.devices).map((device) => device.name));
  const base = hostname.toLowerCase().replace(/[^a-z0-9-]/g, "-");
  for (let n = 0; ; n++) {
    const name = `${n === 0 ? base : `${base}-${n}`}.${TAILNET_DOMAIN}`;
    if (!taken.has(name)) return name;
  }
}

function drawAddress(sim: Sim): string {
  for (;;) {
    const address = tailnetAddress(sim.state.tailnet.addresses);
    sim.state.tailnet.addresses += 1;
    if (!isReservedTailnetAddress(address)) return address;
  }
}

/** Every device has an IPv6 address too, which carries its IPv4 one. */
function ipv6Of(address: string): string {
  const [a = 0, b = 0, c = 0, d = 0] = address.split(".").map(Number);
  return `fd7a:115c:a1e0::${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;
}
