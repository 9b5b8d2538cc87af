/** What a machine that an interrupted run left tells of itself, beside whose it is. Pure. */
import { textAt } from "../http/json";
import { ownerText } from "./mark";

/** A machine whose creation began and was not recorded. */
export interface Interrupted {
  /** When the auth key of that machine was made, RFC 3339: devices of its name that joined since then are gone with it. */
  since: string;
  /** The incarnation that it is of. */
  incarnation: string;
}

/** Description of a domain. */
export function domainDescription(owner: string, machine: Interrupted): string {
  return `${ownerText(owner)} incarnation=${machine.incarnation} since=${machine.since}`;
}

/** What such a description says; undefined where it is none. */
export function describedMachine(description: string): Interrupted | undefined {
  const [, incarnation, since] = /\bincarnation=(\S+) since=(\S+)/.exec(description) ?? [];
  return incarnation === undefined || since === undefined ? undefined : { incarnation, since };
}

/** What an instance says, as Compute Engine shows it. Its machine cannot have joined before it was created. */
export function instanceMachine(instance: unknown): Interrupted {
  return { incarnation: textAt(instance, "labels", "incarnation"), since: textAt(instance, "creationTimestamp") };
}
