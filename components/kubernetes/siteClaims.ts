/** What the sites of a cluster have taken, whichever stack they are of, and whether another may join. Pure; serialised by Pulumi. */
import { cidrsOverlap } from "../config/cidr";
import { listAt, textAt } from "../http/json";

/** What a site takes that no other site of the cluster may have. */
export interface SiteFacts {
  /** Name of the site. */
  site: string;
  /** Addresses of its LAN (CIDR). */
  cidr: string;
  /** The KVM host: `local` or `user@host`. */
  host: string;
  /** Bridge of the site on its host. */
  bridge: string;
  /** Its machines, in the order of the config. */
  nodes: { name: string; mac: string }[];
}

export interface SiteClaim extends SiteFacts {
  /** Random, kept in the state of the stack that made the claim. */
  owner: string;
  /** `<organization>/<project>/<stack>`, for people to read. */
  stack: string;
}

/** The ConfigMap's data: a JSON text for each site. */
export type ClaimData = Record<string, string>;

/** The same text for the same claim: a state gives its keys back in an order of its own. */
export function claimText({ owner, stack, cidr, host, bridge, nodes }: SiteClaim): string {
  return JSON.stringify({ stack, cidr, host, bridge, nodes: nodes.map(({ name, mac }) => ({ name, mac })), owner });
}

/** The claims that are not of `owner`, by name of their site. An entry that cannot be read still takes its name. */
export function claimsOfOthers(data: ClaimData, owner: string): SiteClaim[] {
  return Object.keys(data)
    .sort()
    .map((site) => readClaim(site, data[site] ?? ""))
    .filter((claim) => claim.owner !== owner);
}

export function readClaim(site: string, text: string): SiteClaim {
  const value = parsed(text);
  return {
    site,
    owner: textAt(value, "owner"),
    stack: textAt(value, "stack"),
    cidr: textAt(value, "cidr"),
    host: textAt(value, "host"),
    bridge: textAt(value, "bridge"),
    nodes: listAt(value, "nodes").map((node) => ({ name: textAt(node, "name"), mac: textAt(node, "mac") })),
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** `the site site2 (stack acme/talos-cloud-edge/edge)`. */
export function claimLabel({ site, stack }: SiteClaim): string {
  return `the site ${site} (stack ${stack === "" ? "unknown" : stack})`;
}

/**
 * One sentence for each thing that another stack's site has already.
 *
 * @param field - The site in this stack's config, `talos-cloud-edge:sites[0]`.
 */
export function claimCollisions(field: string, wanted: SiteFacts, others: SiteClaim[]): string[] {
  return others.flatMap((other) => {
    const owner = `which ${claimLabel(other)} has already`;
    const name =
      other.site === wanted.site
        ? [`${field}.name is ${wanted.site}, ${owner}; write another name, or destroy that stack first.`]
        : [];
    const range =
      other.cidr !== "" && cidrsOverlap(other.cidr, wanted.cidr)
        ? [
            `${field}.cidr is ${wanted.cidr}, which overlaps ${other.cidr} of ${claimLabel(other)}; write a range that nothing else uses.`,
          ]
        : [];
    const bridge = sameBridge(wanted, other)
      ? [
          `${field}.bridge is ${wanted.bridge} on the host ${wanted.host}, ${owner}; write another bridge, or another host.`,
        ]
      : [];
    return [...name, ...range, ...bridge, ...nodeCollisions(field, wanted, other, owner)];
  });
}

function nodeCollisions(field: string, wanted: SiteFacts, other: SiteClaim, owner: string): string[] {
  return wanted.nodes.flatMap((node, index) => {
    const at = `${field}.nodes[${index}]`;
    const name = other.nodes.some((taken) => taken.name === node.name)
      ? [`${at}.name is ${node.name}, ${owner}; write another name.`]
      : [];
    const mac = other.nodes.some((taken) => taken.mac.toLowerCase() === node.mac.toLowerCase())
      ? [`${at}.mac is ${node.mac}, ${owner}; write another MAC address.`]
      : [];
    return [...name, ...mac];
  });
}

/** `local` is another machine for everybody who deploys from there; that machine's own mark on the bridge guards it. */
function sameBridge(a: SiteFacts, b: SiteFacts): boolean {
  const [here, there] = [machine(a.host), machine(b.host)];
  return here !== "local" && here === there && a.bridge === b.bridge;
}

/** The host without the user who logs in there. */
function machine(host: string): string {
  return host.slice(host.indexOf("@") + 1).toLowerCase();
}
