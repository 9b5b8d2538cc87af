/** What the world's state says there is to be, in terms of networks and namespaces. Pure. */
import { createHash } from "node:crypto";
import { flagAt, listAt, numberAt, textAt, textsIn } from "../json";
import { COMPUTE, TOKEN } from "../sim/gcp/names";
import type { CloudResource, Machine, WorldState } from "../sim/model";
import type { FirewallRule } from "./net/firewall";
import type { Namespace } from "./net/namespace";
import type { Subnet, VpcPlan } from "./net/vpc";

/** A name for a machine's namespace that tells it from its successor's, readable and short. */
export function machineName(machine: Pick<Machine, "id" | "name">): string {
  const digest = createHash("sha256").update(machine.id).digest("hex").slice(0, 6);
  return `${machine.name.slice(0, 40)}-${digest}`;
}

/** By the network's id. */
export function vpcPlans(state: WorldState, namespaceOf: (machine: Machine) => Namespace): Map<string, VpcPlan> {
  const all = Object.values(state.gcp.resources);
  const of = (token: string, network: CloudResource): CloudResource[] =>
    all.filter((resource) => resource.token === token && textAt(resource.outputs, "network") === COMPUTE + network.id);
  const networks = all.filter(({ token }) => token === TOKEN.network);
  return new Map(
    networks.map((network) => [
      network.id,
      {
        subnets: of(TOKEN.subnetwork, network).map(subnet),
        rules: of(TOKEN.firewall, network).filter(isEnforced).map(firewallRule),
        instances: Object.values(state.machines).flatMap((machine) => instance(all, machine, network, namespaceOf)),
      },
    ]),
  );
}

function subnet({ outputs }: CloudResource): Subnet {
  return { range: textAt(outputs, "ipCidrRange") ?? "", gateway: textAt(outputs, "gatewayAddress") ?? "" };
}

/** Egress rules are left out: what is implied lets everything out, and the program declares none. */
const isEnforced = ({ outputs }: CloudResource): boolean =>
  textAt(outputs, "direction") === "INGRESS" && !flagAt(outputs, "disabled");

function firewallRule({ inputs, outputs }: CloudResource): FirewallRule {
  const denies = listAt(inputs, "denies");
  return {
    name: textAt(inputs, "name") ?? "",
    priority: numberAt(outputs, "priority") ?? 1000,
    action: denies.length > 0 ? "deny" : "allow",
    sourceRanges: textsIn(inputs, "sourceRanges"),
    sourceTags: textsIn(inputs, "sourceTags"),
    targetTags: textsIn(inputs, "targetTags"),
    protocols: [...listAt(inputs, "allows"), ...denies].map((rule) => ({
      protocol: textAt(rule, "protocol") ?? "all",
      ports: textsIn(rule, "ports"),
    })),
  };
}

function instance(
  all: CloudResource[],
  machine: Machine,
  network: CloudResource,
  namespaceOf: (machine: Machine) => Namespace,
): VpcPlan["instances"] {
  const { attachment } = machine;
  if (attachment.kind !== "vpc" || attachment.network !== network.id) return [];
  const resource = all.find(({ outputs }) => textAt(outputs, "instanceId") === machine.id);
  const { address, external } = attachment;
  return [{ namespace: namespaceOf(machine), address, external, tags: textsIn(resource?.inputs, "tags") }];
}
