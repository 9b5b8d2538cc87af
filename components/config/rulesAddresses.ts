/** Address ranges: they are well written, large enough, and no two of them meet. A range is told one mistake, the one that decides. */
import { canonicalCidr, cidrSize, cidrsOverlap, nthAddress, prefixLength } from "./cidr";
import { namespace } from "./paths";
import type { Rule } from "./rule";
import type { StackConfig } from "./schema";

interface NamedRange {
  field: string;
  cidr: string;
}

/** What is wrong with a range by itself. */
type Judge = (cidr: string, config: StackConfig) => string | undefined;

/** The tailnet's addresses first: what overlaps one of these can't be routed beside it. */
const reserved = [
  { cidr: "100.64.0.0/10", what: "the tailnet's own addresses" },
  { cidr: "127.0.0.0/8", what: "loopback addresses" },
  { cidr: "169.254.0.0/16", what: "link-local addresses" },
  { cidr: "224.0.0.0/4", what: "multicast addresses" },
];

/** The ranges of pods and Services are the cluster's, so that a stack without the cloud part has none of its own. */
function ranges({ cluster, cloud, sites }: StackConfig): (NamedRange & { judge: Judge })[] {
  const ofCluster =
    cloud === undefined
      ? []
      : [
          { field: "cluster.podCidr", cidr: cluster.podCidr, judge: podRange },
          { field: "cluster.serviceCidr", cidr: cluster.serviceCidr, judge: serviceRange },
          { field: "cloud.networkCidr", cidr: cloud.networkCidr, judge: cloudRange },
        ];
  const ofSites = sites.map(({ cidr }, index) => ({ field: siteField(index), cidr, judge: siteRange }));
  return [...ofCluster, ...ofSites];
}

const siteField = (index: number): string => `sites[${String(index)}].cidr`;

/** A private range of the same size that meets none of those in use, looked for upwards from `cidr`. */
function freeRange(cidr: string, taken: NamedRange[]): string {
  const prefix = Math.max(prefixLength(cidr), 12);
  const size = 2 ** (32 - prefix);
  const net = "10.0.0.0/8";
  const start = cidrsOverlap(cidr, net) ? canonicalCidr(cidr) : "10.0.20.0/24";
  for (let step = 0; step * size < cidrSize(net); step++) {
    const offset = (offsetIn(net, start) + step * size) % cidrSize(net);
    const candidate = `${nthAddress(net, offset - (offset % size))}/${String(prefix)}`;
    if (!taken.some((range) => cidrsOverlap(range.cidr, candidate))) return candidate;
  }
  return "172.16.0.0/16";
}

function offsetIn(net: string, cidr: string): number {
  const [, second = 0, third = 0, fourth = 0] = (cidr.split("/")[0] ?? "").split(".").map(Number);
  return cidrsOverlap(net, cidr) ? (second * 256 + third) * 256 + fourth : 0;
}

function inReserved(cidr: string, all: NamedRange[]): string | undefined {
  const range = reserved.find((one) => cidrsOverlap(one.cidr, cidr));
  return (
    range && `which overlaps ${range.cidr}, ${range.what}; write a private range, for example ${freeRange(cidr, all)}.`
  );
}

/**
 * Ranges that meet others: of those, the one that meets most, until none meet. So a wide range is told and not all that lie in it, and of
 * two that meet, the later one.
 */
function overlaps(all: NamedRange[], left: NamedRange[]): Map<string, string> {
  const meets = (one: NamedRange): NamedRange[] =>
    left.filter((other) => other !== one && cidrsOverlap(one.cidr, other.cidr));
  const worst = left.reduceRight<NamedRange | undefined>(
    (most, one) => (meets(one).length > (most === undefined ? 0 : meets(most).length) ? one : most),
    undefined,
  );
  const other = worst && meets(worst)[0];
  if (worst === undefined || other === undefined) return new Map();
  const sentence = `which overlaps ${namespace}:${other.field} (${other.cidr}); write a range of its own, for example ${freeRange(worst.cidr, all)}.`;
  return overlaps(
    all,
    left.filter((one) => one !== worst),
  ).set(worst.field, sentence);
}

function hostBits(cidr: string): string | undefined {
  return canonicalCidr(cidr) === cidr
    ? undefined
    : `which is an address inside a range; did you mean ${canonicalCidr(cidr)}?`;
}

/** Each node takes a /24 of the pod range, and the controller manager splits at most 16 bits of it. */
const podRange: Judge = (cidr, { cloud, sites }) => {
  const prefix = prefixLength(cidr);
  if (prefix < 8 || prefix > 24) {
    return "but must be a /8 to a /24, as each node takes a /24 of it; write for example 10.244.0.0/16.";
  }
  const edge = sites.reduce((sum, site) => sum + site.nodes.length, 0);
  const nodes = (cloud?.controlPlanes.count ?? 0) + (cloud?.workers.count ?? 0) + edge;
  const room = 2 ** (24 - prefix);
  return nodes > room
    ? `which has room for ${room} of the ${nodes} nodes (each takes a /24); write for example 10.244.0.0/16.`
    : undefined;
};

const serviceRange: Judge = (cidr) =>
  prefixLength(cidr) < 12 || prefixLength(cidr) > 28
    ? "but the API server takes no range larger than a /12, and cluster DNS needs a /28 at least; write for example 10.96.0.0/12."
    : undefined;

/** GCP keeps the first two and the last two addresses of a subnet. */
const cloudRange: Judge = (cidr, { cloud }) => {
  if (prefixLength(cidr) < 8 || prefixLength(cidr) > 29) {
    return "but a GCP subnet is a /8 to a /29; write for example 10.1.0.0/24.";
  }
  const nodes = (cloud?.controlPlanes.count ?? 0) + (cloud?.workers.count ?? 0);
  const room = cidrSize(cidr) - 4;
  return nodes > room
    ? `which has ${room} addresses for ${nodes} nodes (GCP keeps four of each subnet); write a larger range, for example 10.1.0.0/16.`
    : undefined;
};

/** A site's LAN has to hold network, gateway, broadcast and a node. */
const siteRange: Judge = (cidr) =>
  cidrSize(cidr) >= 8
    ? undefined
    : "which is too small for a bridge, DHCP and nodes; write a /29 or larger, for example 10.0.20.0/24.";

/** What is wrong with each range that is wrong, by its field. */
function rangeMistakes(config: StackConfig): Map<string, string> {
  const all = ranges(config);
  const alone = new Map(
    all.flatMap(({ field, cidr, judge }) => {
      const wrong = inReserved(cidr, all) ?? judge(cidr, config);
      return wrong === undefined ? [] : [[field, wrong] as const];
    }),
  );
  const meeting = overlaps(
    all,
    all.filter(({ field }) => !alone.has(field)),
  );
  return new Map(
    all.flatMap(({ field, cidr }) => {
      const wrong = alone.get(field) ?? meeting.get(field) ?? hostBits(cidr);
      return wrong === undefined ? [] : [[field, `is ${cidr}, ${wrong}`] as const];
    }),
  );
}

/** Whether a site's LAN can be kept, so that it makes sense to hold addresses against it. */
export function hasSoundLan(config: StackConfig, site: number): boolean {
  return !rangeMistakes(config).has(siteField(site));
}

const soundRanges: Rule = (config) =>
  [...rangeMistakes(config)].map(([field, wrong]) => `${namespace}:${field} ${wrong}`);

const operators: Rule = ({ cloud }) =>
  (cloud?.operatorCidrs ?? []).flatMap((cidr, index) => {
    const wrong =
      prefixLength(cidr) === 0
        ? "which opens the Talos and Kubernetes APIs to the whole Internet; write your own address, for example 203.0.113.7/32, or leave operatorCidrs empty and come in over the tailnet."
        : hostBits(cidr);
    return wrong === undefined ? [] : [`${namespace}:cloud.operatorCidrs[${String(index)}] is ${cidr}, ${wrong}`];
  });

export const addressRules = [soundRanges, operators];
