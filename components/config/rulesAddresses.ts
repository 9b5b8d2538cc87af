/** Address ranges: they are well written, large enough, and no two of them meet. */
import { canonicalCidr, cidrSize, cidrsOverlap, nthAddress, prefixLength } from "./cidr";
import { namespace } from "./paths";
import type { Rule } from "./rule";
import type { StackConfig } from "./schema";

interface NamedRange {
  field: string;
  cidr: string;
}

/** The tailnet's addresses first: what overlaps one of these can't be routed beside it. */
const reserved = [
  { cidr: "100.64.0.0/10", what: "the tailnet's own addresses" },
  { cidr: "127.0.0.0/8", what: "loopback addresses" },
  { cidr: "169.254.0.0/16", what: "link-local addresses" },
  { cidr: "224.0.0.0/4", what: "multicast addresses" },
];

function ranges({ cluster, cloud, sites }: StackConfig): NamedRange[] {
  return [
    { field: "cluster.podCidr", cidr: cluster.podCidr },
    { field: "cluster.serviceCidr", cidr: cluster.serviceCidr },
    ...(cloud === undefined ? [] : [{ field: "cloud.networkCidr", cidr: cloud.networkCidr }]),
    ...sites.map(({ cidr }, index) => ({ field: `sites[${String(index)}].cidr`, cidr })),
  ];
}

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

const hostBits: Rule = (config) => {
  const operators = (config.cloud?.operatorCidrs ?? []).map((cidr, index) => ({
    field: `cloud.operatorCidrs[${String(index)}]`,
    cidr,
  }));
  return [...ranges(config), ...operators]
    .filter(({ cidr }) => canonicalCidr(cidr) !== cidr)
    .map(
      ({ field, cidr }) =>
        `${namespace}:${field} is ${cidr}, which is an address inside a range; did you mean ${canonicalCidr(cidr)}?`,
    );
};

const reservedRanges: Rule = (config) => {
  const all = ranges(config);
  return all.flatMap(({ field, cidr }) =>
    reserved
      .filter((range) => cidrsOverlap(range.cidr, cidr))
      .map(
        (range) =>
          `${namespace}:${field} is ${cidr}, which overlaps ${range.cidr}, ${range.what}; write a private range, for example ${freeRange(cidr, all)}.`,
      ),
  );
};

const overlaps: Rule = (config) => {
  const all = ranges(config);
  return all.flatMap(({ field, cidr }, index) =>
    all
      .slice(0, index)
      .filter((other) => cidrsOverlap(other.cidr, cidr))
      .map(
        (other) =>
          `${namespace}:${field} is ${cidr}, which overlaps ${namespace}:${other.field} (${other.cidr}); write a range of its own, for example ${freeRange(cidr, all)}.`,
      ),
  );
};

/** Each node takes a /24 of the pod range, and the controller manager splits at most 16 bits of it. */
const podRange: Rule = ({ cluster, cloud, sites }) => {
  const prefix = prefixLength(cluster.podCidr);
  const field = `${namespace}:cluster.podCidr is ${cluster.podCidr}`;
  if (prefix < 8 || prefix > 24) {
    return [`${field}, but must be a /8 to a /24, as each node takes a /24 of it; write for example 10.244.0.0/16.`];
  }
  const edge = sites.reduce((sum, site) => sum + site.nodes.length, 0);
  const nodes = (cloud?.controlPlanes.count ?? 0) + (cloud?.workers.count ?? 0) + edge;
  const room = 2 ** (24 - prefix);
  return nodes > room
    ? [
        `${field}, which has room for ${room} of the ${nodes} nodes (each takes a /24); write for example 10.244.0.0/16.`,
      ]
    : [];
};

const serviceRange: Rule = ({ cluster }) => {
  const prefix = prefixLength(cluster.serviceCidr);
  return prefix < 12 || prefix > 28
    ? [
        `${namespace}:cluster.serviceCidr is ${cluster.serviceCidr}, but the API server takes no range larger than a /12, and cluster DNS needs a /28 at least; write for example 10.96.0.0/12.`,
      ]
    : [];
};

/** GCP keeps the first two and the last two addresses of a subnet. */
const cloudRange: Rule = ({ cloud }) => {
  if (cloud === undefined) return [];
  const nodes = cloud.controlPlanes.count + cloud.workers.count;
  const room = cidrSize(cloud.networkCidr) - 4;
  const field = `${namespace}:cloud.networkCidr is ${cloud.networkCidr}`;
  if (prefixLength(cloud.networkCidr) < 8 || prefixLength(cloud.networkCidr) > 29) {
    return [`${field}, but a GCP subnet is a /8 to a /29; write for example 10.1.0.0/24.`];
  }
  return nodes > room
    ? [
        `${field}, which has ${room} addresses for ${nodes} nodes (GCP keeps four of each subnet); write a larger range, for example 10.1.0.0/16.`,
      ]
    : [];
};

const operators: Rule = ({ cloud }) =>
  (cloud?.operatorCidrs ?? []).flatMap((cidr, index) =>
    prefixLength(cidr) === 0
      ? [
          `${namespace}:cloud.operatorCidrs[${String(index)}] is ${cidr}, which opens the Talos and Kubernetes APIs to the whole Internet; write your own address, for example 203.0.113.7/32, or leave operatorCidrs empty and come in over the tailnet.`,
        ]
      : [],
  );

export const addressRules = [hostBits, reservedRanges, overlaps, podRange, serviceRange, cloudRange, operators];
