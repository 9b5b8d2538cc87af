/** Tailscale's policy in headscale's words. Pure. */
import { isObject, listAt, objectAt, textAt, textsAt, textsIn } from "../../json";
import type { JsonObject } from "../../json";

/** Who uses the lab is every person that a policy can name. */
export const OPERATOR_USER = "operator";
/** Machines with a key belong to this user until a tag takes them over. */
export const MACHINE_USER = "lab";

interface Acl {
  action: "accept";
  proto?: string;
  src: string[];
  dst: string[];
}

/**
 * Headscale has no grants, so they become ACLs; people, groups and roles become the one operator. Posture, SSH, routes, node attributes and
 * tests are left out: the lab has no use for them.
 */
export function headscalePolicy(policy: JsonObject): object {
  const tags = Object.keys(objectAt(policy, "tagOwners"));
  const people = `${OPERATOR_USER}@`;
  const names = (list: string[]) => [...new Set(list.flatMap((name) => aliases(name, tags)))];
  return {
    hosts: textsAt(policy, "hosts"),
    // Tags come by the key, which the lab's API makes for owned tags only; the machine may then ask for the same ones.
    tagOwners: Object.fromEntries(tags.map((tag) => [tag, [`${MACHINE_USER}@`, people]])),
    acls: [
      ...listAt(policy, "grants").flatMap((grant) =>
        ofGrant(names(textsIn(grant, "src")), names(textsIn(grant, "dst")), textsIn(grant, "ip")),
      ),
      ...listAt(policy, "acls")
        .filter(isObject)
        .map((acl) => ofAcl(acl, names)),
    ].filter(({ src, dst }) => src.length > 0 && dst.length > 0),
  };
}

function aliases(name: string, tags: string[]): string[] {
  if (name === "autogroup:tagged") return tags;
  if (name === "autogroup:internet") return [name];
  if (name === "autogroup:danger-all") return ["*"];
  if (name.startsWith("autogroup:") || name.startsWith("group:") || name.includes("@")) return [`${OPERATOR_USER}@`];
  return [name];
}

/** `*`, `443`, `80-90`, `tcp:443`, `udp:*`, `icmp:*`: one rule for each protocol. */
function ofGrant(src: string[], dst: string[], ip: string[]): Acl[] {
  const ports = new Map<string, string[]>();
  for (const wanted of ip) {
    const [before = "", after] = wanted.split(":");
    const [proto, range] = after === undefined ? ["", before] : [before, after];
    ports.set(proto, [...(ports.get(proto) ?? []), range]);
  }
  return [...ports].map(([proto, ranges]) => ({
    action: "accept" as const,
    ...(proto !== "" && { proto }),
    src,
    dst: dst.map((name) => `${name}:${ranges.includes("*") ? "*" : ranges.join(",")}`),
  }));
}

function ofAcl(acl: JsonObject, names: (list: string[]) => string[]): Acl {
  const proto = textAt(acl, "proto");
  const dst = textsIn(acl, "dst").flatMap((end) => {
    const colon = end.lastIndexOf(":");
    return names([end.slice(0, colon)]).map((name) => `${name}${end.slice(colon)}`);
  });
  return { action: "accept", ...(proto !== undefined && { proto }), src: names(textsIn(acl, "src")), dst };
}
