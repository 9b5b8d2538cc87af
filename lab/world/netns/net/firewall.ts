/** The firewall rules of a VPC network as one nftables ruleset for its router. Pure. */

/** An instance as the router sees it. */
export interface Endpoint {
  /** The router's device that it hangs on. */
  port: string;
  address: string;
  /** External address, translated one to one. */
  external?: string;
  tags: string[];
}

/** An ingress rule as Compute Engine has it. */
export interface FirewallRule {
  name: string;
  /** A smaller number goes first; at the same number, deny does. */
  priority: number;
  action: "allow" | "deny";
  /** With `sourceTags`: either is enough. */
  sourceRanges: string[];
  sourceTags: string[];
  /** Empty: all instances of the network. */
  targetTags: string[];
  protocols: { protocol: string; ports: string[] }[];
}

/** The router's device towards the Internet. */
export const UPLINK = "uplink";
const PROTOCOLS: Record<string, string> = { ipip: "4" };
const WITH_PORTS = ["tcp", "udp", "sctp"];

/**
 * What Compute Engine does: in comes what a rule allows and what answers; out goes everything, but to the Internet only from who has an
 * external address. Nobody sends from an address that is not his.
 */
export function firewallRuleset(endpoints: Endpoint[], rules: FirewallRule[]): string {
  const outside = endpoints.flatMap(({ address, external }) => (external === undefined ? [] : [{ address, external }]));
  const ordered = [...rules].sort(
    (a, b) => a.priority - b.priority || Number(a.action === "allow") - Number(b.action === "allow"),
  );
  return `
table ip vpc
delete table ip vpc
table ip vpc {
  set instances {
    type ifname . ipv4_addr
    ${elements(endpoints.map(({ port, address }) => `"${port}" . ${address}`))}
  }
  set outside {
    type ipv4_addr
    ${elements(outside.map(({ address }) => address))}
  }
  map inward {
    type ipv4_addr : ipv4_addr
    ${elements(outside.map(({ address, external }) => `${external} : ${address}`))}
  }
  map outward {
    type ipv4_addr : ipv4_addr
    ${elements(outside.map(({ address, external }) => `${address} : ${external}`))}
  }
  chain prerouting {
    type nat hook prerouting priority dstnat; policy accept;
    iifname "${UPLINK}" dnat to ip daddr map @inward
  }
  chain postrouting {
    type nat hook postrouting priority srcnat; policy accept;
    oifname "${UPLINK}" snat to ip saddr map @outward
  }
  chain input {
    type filter hook input priority filter; policy drop;
    icmp type { destination-unreachable, time-exceeded } accept
  }
  chain forward {
    type filter hook forward priority filter; policy drop;
    iifname != "${UPLINK}" iifname . ip saddr != @instances drop
    ct state established,related accept
    ct state invalid drop
    oifname "${UPLINK}" iifname != "${UPLINK}" ip saddr @outside accept
${ordered
  .flatMap((rule) => statements(rule, endpoints))
  .map((line) => `    ${line}`)
  .join("\n")}
  }
}
`;
}

/** A set without elements must not say so. */
const elements = (all: string[]): string => (all.length === 0 ? "" : `elements = { ${all.join(", ")} }`);

function statements(rule: FirewallRule, endpoints: Endpoint[]): string[] {
  const tagged = (tags: string[]) =>
    endpoints.filter((endpoint) => endpoint.tags.some((tag) => tags.includes(tag))).map(({ address }) => address);
  const sources = [...rule.sourceRanges, ...tagged(rule.sourceTags)];
  const targets = tagged(rule.targetTags);
  if (sources.length === 0 || (rule.targetTags.length > 0 && targets.length === 0)) return [];
  const everybody = sources.some((range) => range.endsWith("/0"));
  const ends = [
    `oifname != "${UPLINK}"`,
    ...(everybody ? [] : [`ip saddr { ${[...new Set(sources)].join(", ")} }`]),
    ...(rule.targetTags.length === 0 ? [] : [`ip daddr { ${targets.join(", ")} }`]),
  ].join(" ");
  const verdict = rule.action === "allow" ? "accept" : "drop";
  return rule.protocols.map((wanted) => [ends, match(wanted), verdict].filter((part) => part !== "").join(" "));
}

function match({ protocol, ports }: { protocol: string; ports: string[] }): string {
  if (protocol === "all") return "";
  if (WITH_PORTS.includes(protocol) && ports.length > 0) return `${protocol} dport { ${ports.join(", ")} }`;
  return `ip protocol ${PROTOCOLS[protocol] ?? protocol}`;
}
