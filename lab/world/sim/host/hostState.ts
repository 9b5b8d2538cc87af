/** What a KVM host looks like to libvirt and to the machines on it: read from the folder that the host's tools write. */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { contains, formatAddress, parseAddress, parseRange, sizeOf } from "../addresses";
import type { Range } from "../addresses";
import { WorldError } from "../../world";

export interface Host {
  name: string;
  root: string;
}

export interface Lease {
  address: string;
  hostname?: string;
}

/** Host of a libvirt connection URI, in libvirt's words when there is none. */
export function hostOfUri(dir: string, uri: string): Host {
  const found = /^qemu\+(ssh|sshcmd):\/\/(?:[^@/]+@)?([^:/]+)(?::\d+)?\//.exec(uri);
  if (!found) {
    throw new WorldError(
      `failed to connect to libvirt at "${uri}": dial unix /var/run/libvirt/libvirt-sock: connect: no such file or directory`,
    );
  }
  const name = found[2] ?? "";
  if (!/^[a-z0-9-]+(\.[a-z0-9-]+)*\.lab$/.test(name)) {
    throw new WorldError(
      `failed to connect to libvirt at "${uri}": ssh: Could not resolve hostname ${name}: Name or service not known`,
    );
  }
  return host(dir, name);
}

export const host = (dir: string, name: string): Host => ({ name, root: join(dir, "hosts", name) });

export function allHosts(dir: string): Host[] {
  return entries(join(dir, "hosts")).map((name) => host(dir, name));
}

export const bridges = (of: Host): string[] => entries(join(of.root, "var/lib/openvswitch/bridges"));

export const bridgeExists = (of: Host, bridge: string): boolean =>
  existsSync(join(of.root, "var/lib/openvswitch/bridges", bridge));

/** The address and range of a bridge that is up; undefined otherwise. */
function lanOf(of: Host, bridge: string): { gateway: string; range: Range } | undefined {
  const link = join(of.root, "run/lab/links", bridge);
  const address = lines(join(link, "addresses"))[0];
  const range = address === undefined ? undefined : parseRange(address);
  if (!range || address === undefined || !existsSync(join(link, "up"))) return undefined;
  return { gateway: address.split("/")[0] ?? "", range };
}

/** Whether machines on the bridge reach the Internet: forwarding is on and their addresses are masqueraded. */
export function hasEgress(of: Host, bridge: string): boolean {
  if (!lanOf(of, bridge) || lines(join(of.root, "run/lab/sysctl/net.ipv4.ip_forward"))[0] !== "1") return false;
  const tables = join(of.root, "run/lab/nft");
  return entries(tables).some((table) =>
    lines(join(tables, table)).some((line) => line.includes("masquerade") && masks(of, bridge, line)),
  );
}

/** A masquerade rule counts when it names this bridge, this LAN, or neither. */
function masks(of: Host, bridge: string, rule: string): boolean {
  const source = /saddr\s+(\d+\.\d+\.\d+\.\d+(?:\/\d+)?)/.exec(rule)?.[1];
  const lan = lanOf(of, bridge);
  if (source === undefined) return true;
  const range = parseRange(source.includes("/") ? source : `${source}/32`);
  return lan !== undefined && range !== undefined && contains(range, lan.gateway);
}

/** The lease a running dnsmasq gives to a MAC address on the bridge; `taken` are addresses that others hold. */
export function leaseFor(of: Host, bridge: string, mac: string, taken: string[]): Lease | undefined {
  const lan = lanOf(of, bridge);
  const running = join(of.root, "run/lab/dnsmasq");
  if (!lan) return undefined;
  for (const name of entries(running)) {
    const settings = lines(join(running, name));
    const interfaces = values(settings, "interface");
    if (interfaces.length > 0 && !interfaces.includes(bridge)) continue;
    const fixed = values(settings, "dhcp-host").map((value) => value.split(",").map((part) => part.trim()));
    const own = fixed.find((parts) => parts.some((part) => part.toLowerCase() === mac.toLowerCase()));
    const reserved = fixed.flatMap((parts) => parts.filter((part) => parseAddress(part) !== undefined));
    const address =
      own?.find((part) => contains(lan.range, part)) ?? freeAddress(settings, lan, [...taken, ...reserved]);
    if (address === undefined) continue;
    const hostname = own?.find(
      (part) => /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/i.test(part) && !/^(infinite|ignore|\d+[smhdw]?)$/.test(part),
    );
    return { address, hostname };
  }
  return undefined;
}

function freeAddress(settings: string[], lan: { gateway: string; range: Range }, taken: string[]): string | undefined {
  for (const range of values(settings, "dhcp-range")) {
    const [from, to] = range
      .split(",")
      .filter((part) => contains(lan.range, part))
      .map((part) => parseAddress(part));
    const end = to ?? lan.range.base + sizeOf(lan.range) - 2;
    for (let value = from ?? end + 1; value <= end; value++) {
      const candidate = formatAddress(value);
      if (candidate !== lan.gateway && !taken.includes(candidate)) return candidate;
    }
  }
  return undefined;
}

/** What scripts have left on a host, one phrase each. */
export function hostRemains(of: Host): string[] {
  const state = join(of.root, "run/lab");
  return [
    ...bridges(of).map((name) => `OVS bridge ${name}`),
    ...entries(join(state, "links"))
      .filter((name) => !["lo", "eth0"].includes(name) && !bridgeExists(of, name))
      .map((name) => `network link ${name}`),
    ...entries(join(state, "units")).map((name) => `active unit ${name}`),
    ...entries(join(of.root, "var/lib/lab/enabled")).map((name) => `enabled unit ${name}`),
    ...entries(join(state, "dnsmasq")).map((name) => `dnsmasq of ${name}`),
    ...entries(join(state, "nft")).map((name) => `nftables table ${name.replace(".", " ")}`),
    ...lines(join(state, "iptables")).map((rule) => `iptables rule ${rule}`),
    ...[...filesBelow(join(of.root, "etc")), ...filesBelow(join(of.root, "var/lib/misc"))].map(
      (file) => `file ${file.slice(of.root.length)}`,
    ),
  ].map((what) => `${what} on ${of.name}`);
}

const values = (settings: string[], key: string): string[] =>
  settings.filter((line) => line.startsWith(`${key}=`)).map((line) => line.slice(key.length + 1));

/** Names in a folder; what begins with a dot is the tools' own bookkeeping. */
const entries = (folder: string): string[] =>
  existsSync(folder)
    ? readdirSync(folder)
        .filter((name) => !name.startsWith("."))
        .sort()
    : [];

const lines = (file: string): string[] =>
  existsSync(file)
    ? readFileSync(file, "utf8")
        .split("\n")
        .map((line) => line.trim())
        .filter((line) => line !== "")
    : [];

const filesBelow = (folder: string): string[] =>
  entries(folder).flatMap((name) => {
    const path = join(folder, name);
    return statSync(path).isDirectory() ? filesBelow(path) : [path];
  });
