/** What the world's Compute Engine has created, as a plan for the router of one network. Pure. */
import { flagAt, listAt, numberAt, textAt, textsIn } from "../../json";
import { COMPUTE, TOKEN } from "../../sim/gcp/names";
import type { CloudResource, WorldState } from "../../sim/model";
import { WorldError } from "../../world";
import type { FirewallRule } from "./firewall";
import type { Namespace } from "./namespace";
import { DEFAULT_MTU } from "./vpc";
import type { Subnet, VpcInstance, VpcPlan } from "./vpc";

/** Ids of the networks that there are. */
export const networkIds = (state: WorldState): string[] => of(state, TOKEN.network).map(({ id }) => id);

/** @param namespaceOf - The namespace of the machine with this instance id. */
export function vpcPlan(state: WorldState, networkId: string, namespaceOf: (instanceId: string) => Namespace): VpcPlan {
  const inNetwork = (token: string) => of(state, token).filter((resource) => networkOf(resource) === networkId);
  const network = of(state, TOKEN.network).find(({ id }) => id === networkId);
  return {
    // Zero is what the API shows where nothing was asked for.
    mtu: numberAt(network?.outputs, "mtu") || DEFAULT_MTU,
    subnets: inNetwork(TOKEN.subnetwork).map(subnetOf),
    instances: inNetwork(TOKEN.instance).map((instance) => instanceOf(instance, namespaceOf)),
    rules: inNetwork(TOKEN.firewall)
      .filter(({ outputs }) => !flagAt(outputs, "disabled"))
      .map(ruleOf),
  };
}

/** The one rule; the lab's router knows ingress rules only. */
export function ruleOf({ inputs, outputs }: CloudResource): FirewallRule {
  const name = textAt(inputs, "name") ?? "";
  if (textAt(outputs, "direction") === "EGRESS") {
    throw new WorldError(`The lab's VPC networks have no egress rules, as ${name} is: everything may go out.`, 501);
  }
  const allows = listAt(outputs, "allows");
  const sources = { ranges: textsIn(outputs, "sourceRanges"), tags: textsIn(outputs, "sourceTags") };
  const isFromAnywhere = sources.ranges.length === 0 && sources.tags.length === 0;
  return {
    name,
    priority: numberAt(outputs, "priority") ?? 1000,
    action: allows.length > 0 ? "allow" : "deny",
    sourceRanges: isFromAnywhere ? ["0.0.0.0/0"] : sources.ranges,
    sourceTags: sources.tags,
    targetTags: textsIn(outputs, "targetTags"),
    protocols: (allows.length > 0 ? allows : listAt(outputs, "denies")).map((entry) => ({
      protocol: textAt(entry, "protocol") ?? "all",
      ports: textsIn(entry, "ports"),
    })),
  };
}

const of = (state: WorldState, token: string): CloudResource[] =>
  Object.values(state.gcp.resources).filter((resource) => resource.token === token);

const networkOf = ({ outputs }: CloudResource): string =>
  (textAt(outputs, "network") ?? textAt(outputs, "networkInterfaces", 0, "network") ?? "").replace(COMPUTE, "");

const subnetOf = ({ outputs }: CloudResource): Subnet => ({
  range: textAt(outputs, "ipCidrRange") ?? "",
  gateway: textAt(outputs, "gatewayAddress") ?? "",
});

const instanceOf = ({ outputs }: CloudResource, namespaceOf: (id: string) => Namespace): VpcInstance => ({
  namespace: namespaceOf(textAt(outputs, "instanceId") ?? ""),
  address: textAt(outputs, "networkInterfaces", 0, "networkIp") ?? "",
  external: textAt(outputs, "networkInterfaces", 0, "accessConfigs", 0, "natIp"),
  tags: textsIn(outputs, "tags"),
});
