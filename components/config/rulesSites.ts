/** Addresses on a site's LAN, MAC addresses, and what shares a KVM host. */
import { addressToNumber, cidrContains, cidrSize, nthAddress } from "./cidr";
import { fieldName, type Path } from "./paths";
import type { Rule } from "./rule";
import { hasSoundLan } from "./rulesAddresses";
import type { SiteConfig, StackConfig } from "./schema";

function nodeAddress({ cidr }: SiteConfig, ip: string): string | undefined {
  if (!cidrContains(cidr, ip)) return `is outside the site's LAN ${cidr}`;
  if (ip === nthAddress(cidr, 0)) return `is the network address of ${cidr}`;
  if (ip === nthAddress(cidr, 1)) return `is the bridge's own address in ${cidr}`;
  return ip === nthAddress(cidr, -1) ? `is the broadcast address of ${cidr}` : undefined;
}

/** Sites whose LAN can be kept: where it can't, addresses in it are a matter for later. */
function soundSites(config: StackConfig): { site: SiteConfig; s: number }[] {
  return config.sites.map((site, s) => ({ site, s })).filter(({ s }) => hasSoundLan(config, s));
}

const nodeAddresses: Rule = (config) =>
  soundSites(config).flatMap(({ site, s }) =>
    site.nodes.flatMap(({ ip }, n) => {
      const wrong = nodeAddress(site, ip);
      if (wrong === undefined) return [];
      const example = nthAddress(site.cidr, Math.min(10 + n, cidrSize(site.cidr) - 2));
      return [`${fieldName(["sites", s, "nodes", n, "ip"])} is ${ip}, which ${wrong}; write for example ${example}.`];
    }),
  );

/** The range that DHCP draws from lies between the bridge's address and the broadcast address. */
const dhcpRange: Rule = (config) => soundSites(config).flatMap(({ site, s }) => dhcpMistakes(site, s));

function dhcpMistakes({ cidr, dhcp }: SiteConfig, index: number): string[] {
  const size = cidrSize(cidr);
  const name = (end: "from" | "to") => fieldName(["sites", index, "dhcp", end]);
  const [lowest, highest] = [nthAddress(cidr, 2), nthAddress(cidr, -2)];
  const ends = {
    from: dhcp.from ?? nthAddress(cidr, size - 2 < 10 ? 2 : 10),
    to: dhcp.to ?? nthAddress(cidr, Math.min(200, size - 2)),
  };
  const outside = (["from", "to"] as const).filter(
    (end) =>
      addressToNumber(ends[end]) < addressToNumber(lowest) || addressToNumber(ends[end]) > addressToNumber(highest),
  );
  if (outside.length > 0) {
    return outside.map(
      (end) =>
        `${name(end)} is ${ends[end]}, but DHCP on ${cidr} may draw from ${lowest} to ${highest}; write ${end}: ${end === "from" ? lowest : highest}.`,
    );
  }
  return addressToNumber(ends.from) > addressToNumber(ends.to)
    ? [
        `${name("from")} is ${ends.from}, which comes after ${name("to")} (${ends.to}); write the lower address as from.`,
      ]
    : [];
}

interface Place {
  value: string;
  path: Path;
}

/** Every field whose value an earlier field has already. */
function repeated(places: Place[], sentence: (place: Place, first: Place) => string): string[] {
  const seen = new Map<string, Place>();
  return places.flatMap((place) => {
    const first = seen.get(place.value);
    if (first === undefined) seen.set(place.value, place);
    return first === undefined ? [] : [sentence(place, first)];
  });
}

function nodePlaces({ sites }: StackConfig, field: "mac" | "ip" | "uuid"): Place[] {
  return sites.flatMap((site, s) =>
    site.nodes.flatMap((node, n) => {
      const value = node[field];
      return value === undefined ? [] : [{ value: value.toLowerCase(), path: ["sites", s, "nodes", n, field] }];
    }),
  );
}

const uniqueIn =
  (field: "mac" | "ip" | "uuid", instead: string): Rule =>
  (config) =>
    repeated(
      nodePlaces(config, field),
      ({ value, path }, first) => `${fieldName(path)} is ${value}, which is also ${fieldName(first.path)}; ${instead}.`,
    );

const multicastMac: Rule = (config) =>
  nodePlaces(config, "mac")
    .filter(({ value }) => (parseInt(value.slice(0, 2), 16) & 1) === 1)
    .map(
      ({ value, path }) =>
        `${fieldName(path)} is ${value}, which is a multicast address (its first pair is odd); write one that begins with an even pair, for example 52:54:00:00:02:01.`,
    );

/** A bridge belongs to one site of its host, whoever the user is that reaches it. */
const uniqueBridge: Rule = ({ cluster, sites }) =>
  repeated(
    sites.map((site, index) => ({
      value: `${site.host.replace(/^.*@/, "").toLowerCase()} ${site.bridge ?? `${cluster.name}-${site.name}`}`,
      path: ["sites", index, "bridge"],
    })),
    ({ value, path }, first) => {
      const [host = "", bridge = ""] = value.split(" ");
      return `${fieldName(path)} is ${bridge} on the host ${host}, as is ${fieldName(first.path)}; write another bridge, or another host.`;
    },
  );

export const siteRules = [
  nodeAddresses,
  dhcpRange,
  uniqueIn("ip", "write an address of its own"),
  uniqueIn("mac", "write a MAC address of its own, for example with another last pair"),
  uniqueIn("uuid", "leave it out, and one is drawn"),
  multicastMac,
  uniqueBridge,
];
