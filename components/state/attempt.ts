/** Which attempt at a machine this is. Pure. */
import type { Interrupted } from "../leftovers";
import { type Held, type HeldResource, record, textOf } from "./held";

export interface Attempt {
  /** 0 for the first. Another number is another incarnation of the machine, with a key of its own. */
  number: number;
  /** Set where the machine of an earlier attempt may have been made, and even joined the tailnet, without having been written down. */
  interrupted?: Interrupted;
}

const keyType = "tailscale:index/tailnetKey:TailnetKey";
const machines = [
  { type: "gcp:compute/instance:Instance", part: "machine-instance" },
  { type: "libvirt:index/domain:Domain", part: "machine-domain" },
];

/**
 * A machine's key is good for one machine and for a short time. Where an update was cut off between the two, nobody can tell whether the
 * key is spent; where a machine was lost, or did not join before its key expired, it is. The machine is made with a new key then.
 *
 * @param node - logical name of the node's component.
 * @param now - milliseconds since 1970.
 */
export function attemptAt(held: Held, node: string, now: number): Attempt {
  const incarnation = held.find("random:index/randomId:RandomId", `${node}-key-incarnation`);
  const made = Number(record(incarnation?.outputs["keepers"])["attempt"] ?? 0);
  const [key] = keysOf(held, node);
  if (key === undefined) return { number: made };

  const since = textOf(key.outputs["createdAt"]);
  const hex = textOf(incarnation?.outputs["hex"]);
  if (!machines.some(({ type, part }) => isOf(held.find(type, `${node}-${part}`), hex))) {
    return {
      number: made + 1,
      ...(since !== undefined && hex !== undefined && { interrupted: { since, incarnation: hex } }),
    };
  }
  // Once it has had its config over the tailnet it is a member, whatever became of its key.
  const joined = held.find("talos:index/machineConfigurationApply:MachineConfigurationApply", `${node}-config-apply`);
  const expires = Date.parse(textOf(key.outputs["expiresAt"]) ?? "");
  return { number: joined === undefined && expires < now ? made + 1 : made };
}

/** Descriptions of the auth keys that the state has for a machine. */
export function heldKeys(held: Held, node: string): string[] {
  return keysOf(held, node).flatMap(({ outputs }) => textOf(outputs["description"]) ?? []);
}

function keysOf(held: Held, node: string): HeldResource[] {
  return held.all(keyType).filter(({ name }) => name.startsWith(`${node}-key-key-`));
}

/** Whether it is the machine of this incarnation: while one is replaced, the state has its predecessor, which is gone already. */
function isOf(machine: HeldResource | undefined, incarnation: string | undefined): boolean {
  if (machine === undefined || incarnation === undefined) return false;
  const { description, labels } = machine.outputs;
  const said = textOf(record(labels)["incarnation"]) ?? textOf(description) ?? "";
  return said.includes(incarnation);
}
