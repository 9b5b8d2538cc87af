import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Outcome } from "../../lab/engine";
import type { Fault } from "../../lab/world";
import { openWorldLab, state, type WorldLab } from "./harness";
import { differences, inventory } from "./inventory";

/**
 * Every API that is called answers wrongly once, each in each of these ways: the clients ride it out by themselves, or the command fails with
 * a sentence and the next one ends well. In one round every API has one of the faults; in the 7 that `FAULT_ROUNDS` may ask for, each has all.
 */
const faults: Fault[] = [
  { status: 429 },
  { status: 429, retryAfter: "1" },
  { status: 500 },
  { status: 503 },
  "reset",
  "lost",
  "silence",
];
const rounds = Number(process.env["FAULT_ROUNDS"] ?? 1);

/** The program's own clients repeat what can be repeated, which is all that they do. */
const own = /^(TailnetDevice|ClusterNode|SiteNetwork) /;

let lab: WorldLab;
const kinds: Record<"up" | "destroy", string[]> = { up: [], destroy: [] };
let wanted: string[];

/** One command, and the kinds of calls that it made. */
async function gather(command: "up" | "destroy"): Promise<string[]> {
  const seen = new Set<string>();
  lab.world.faults.watch(({ kind }) => {
    seen.add(kind);
    return undefined;
  });
  const outcome = await lab.engine[command](lab.onEvent);
  lab.world.faults.watch(undefined);
  expect(outcome.errors).toEqual([]);
  return [...seen, "ssh"].sort();
}

beforeAll(async () => {
  lab = await openWorldLab();
  kinds.up = await gather("up");
  wanted = inventory(lab.world);
  kinds.destroy = await gather("destroy");
});
afterAll(() => lab.close());

/** A call of a plugin has no limit of its own that a test could wait for. */
function faultOf(kind: string, round: number, position: number): Fault {
  const fault = faults[(position + round) % faults.length] ?? "reset";
  return fault === "silence" && !/^[A-Z]+ /.test(kind) ? "reset" : fault;
}

/** What keeps an error from being a plain sentence. */
function unplain(errors: string[]): string[] {
  return errors.filter((error) => /^\s+at |unhandled|\[object|undefined|ECONN|socket hang up/m.test(error));
}

/**
 * The command again and again until it ends well, since what is not ridden out fails one command each; gives the errors on the way. A fault
 * befalls one call, so an error that comes twice is one that does not pass.
 */
async function insist(command: "up" | "destroy"): Promise<string[]> {
  const errors: string[] = [];
  for (;;) {
    const outcome: Outcome = await lab.engine[command](lab.onEvent);
    if (outcome.ok) return errors;
    const again = outcome.errors.filter((error) => errors.includes(error));
    errors.push(...outcome.errors);
    if (again.length > 0) {
      throw new Error(
        `\`${command}\` does not get over this:\n  ${again.join("\n  ")}\nall errors:\n  ${errors.join("\n  ")}`,
      );
    }
  }
}

async function befall(command: "up" | "destroy", round: number): Promise<string[]> {
  kinds[command].forEach((kind, position) => {
    lab.world.faults.add({ calls: kind, fault: faultOf(kind, round, position) });
  });
  const errors = await insist(command);
  lab.world.faults.clear();
  return errors;
}

describe.each(Array.from({ length: rounds }, (_, round) => round))("faults that happen once, round %i", (round) => {
  it("end with a cluster as any other", async () => {
    const errors = await befall("up", round);
    expect(errors.filter((error) => own.test(error))).toEqual([]);
    expect(unplain(errors)).toEqual([]);
    expect(differences(wanted, inventory(lab.world))).toEqual([]);
    const again = await lab.engine.up(lab.onEvent, "--expect-no-changes");
    expect(again.errors).toEqual([]);
    expect(Object.keys(again.changes)).toEqual(["same"]);
  });

  it("end with nothing left", async () => {
    const errors = await befall("destroy", round);
    expect(errors.filter((error) => own.test(error))).toEqual([]);
    expect(unplain(errors)).toEqual([]);
    expect(lab.world.remains()).toEqual([]);
    expect((await state(lab)).resources ?? []).toEqual([]);
  });
});
