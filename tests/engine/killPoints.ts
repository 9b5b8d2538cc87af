import type { EngineEvent, Victim } from "../../lab/engine";
import { labelOf } from "../../lab/engine/events";
import type { Moment } from "../../lab/world";

/** Where a command is killed. */
export interface KillPoint {
  /** `begun gcp.create …`, `carried out …`, or an operation of the engine: `engine begins create …`, `engine has done create …`. */
  moment: string;
  /** Which one of several such moments in one command, from 1. */
  occurrence: number;
  victim: Victim;
  /** Whether a call that is begun is still carried out. */
  carriedOut: boolean;
  /** How long after the moment, ms. */
  delayMs: number;
}

/** A call that waits for something is made again and again: more of the same says nothing new. */
const mostOfAKind = 3;
const delays = [0, 0, 0, 10, 50, 150, 400];

export function momentOfCall({ phase, kind }: Moment): string {
  return `${phase} ${kind}`;
}

export function momentOfEvent({ resourcePreEvent: before, resOutputsEvent: after }: EngineEvent): string | undefined {
  const metadata = (before ?? after)?.metadata;
  if (metadata === undefined || metadata.op === "same") return undefined;
  return `engine ${before ? "begins" : "has done"} ${metadata.op} ${labelOf(metadata.urn)}`;
}

/** Numbers in [0, 1) that depend on the seed alone. */
export function random(seed: string): () => number {
  let state = Buffer.from(seed).reduce((hash, byte) => Math.imul(hash ^ byte, 16_777_619), 2_166_136_261);
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** One to three points in the order in which an unharmed command, which had these moments, comes by. */
export function drawPoints(moments: string[], draw: () => number, most: number): KillPoint[] {
  const pick = <T>(list: T[]): T => list[Math.floor(draw() * list.length)] as T;
  const seen = new Map<string, number>();
  const choices = moments.flatMap((moment, position) => {
    const occurrence = (seen.get(moment) ?? 0) + 1;
    seen.set(moment, occurrence);
    return occurrence > mostOfAKind ? [] : [{ moment, occurrence, position }];
  });
  const count = Math.min(most, 1 + Math.floor(draw() * 3));
  return Array.from({ length: count }, () => pick(choices))
    .sort((a, b) => a.position - b.position)
    .map(({ moment, occurrence }, index) => ({
      moment,
      // A command that goes on from a kill starts counting anew.
      occurrence: index === 0 ? occurrence : 1,
      victim: pick<Victim>(["everything", "everything", "engine", "program"]),
      carriedOut: draw() < 0.5,
      delayMs: pick(delays),
    }));
}
