/** What every part of the simulation works on. */
import { randomBytes, randomUUID } from "node:crypto";
import type { ChildProcess } from "node:child_process";
import type { Pace } from "../world";
import type { WorldState } from "./model";

export interface Sim {
  readonly state: WorldState;
  readonly dir: string;
  readonly talosctl: string;
  readonly pace: Pace;
  /** Commands of pods that run now, by pod uid. */
  readonly running: Map<string, ChildProcess>;
  /** Whether machines can be plugged into a bridge of a KVM host. */
  hasBridge(host: string, bridge: string): boolean;
  /** The world is being closed: what ends now did not end by itself. */
  closing: boolean;
  log(line: string): void;
  /** Says that the state has changed: it is saved, and what waited for the change goes on. */
  changed(): void;
  /** A number that was never given before. */
  next(): number;
}

export const DEFAULT_PACE: Pace = { boot: 100, join: 200, kubernetes: 100, patience: 20_000 };

/** Numeric id as GCE and Tailscale give them: long, unique, in no visible order. */
export const numericId = (sim: Sim): string =>
  (
    1_000_000_000_000_000_000n +
    ((BigInt(sim.next()) * 6_364_136_223_846_793_005n) % 8_000_000_000_000_000_000n)
  ).toString();

const ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

/** Random text in the alphabet of Tailscale's ids and keys. */
export const randomText = (length: number): string =>
  Array.from(randomBytes(length), (byte) => ALPHABET.charAt(byte % ALPHABET.length)).join("");

export const randomSuffix = (length: number): string => randomBytes(length).toString("hex").slice(0, length);

export const uuid = (): string => randomUUID();

export const timestamp = (ms = Date.now()): string => new Date(ms).toISOString().replace(/\.\d{3}Z$/, "Z");

/** Asks until the answer is there or patience ends. */
export async function eventually<T>(patience: number, ask: () => T | undefined): Promise<T | undefined> {
  const end = Date.now() + patience;
  for (;;) {
    const answer = ask();
    if (answer !== undefined || Date.now() >= end) return answer;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
