import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { clearDeadLocks } from "../../../lab/engine/backendLocks";

let state: string;
let lock: string;
beforeEach(() => {
  state = mkdtempSync(join(tmpdir(), "state-"));
  lock = join(state, ".pulumi", "locks", "organization", "talos-cloud-edge", "lab", "1.json");
  mkdirSync(dirname(lock), { recursive: true });
});
afterEach(() => {
  rmSync(state, { recursive: true });
});

describe("clearDeadLocks", () => {
  it("removes the lock of an engine that is gone", () => {
    writeFileSync(lock, JSON.stringify({ pid: 999_999_999 }));
    clearDeadLocks(state);
    expect(existsSync(lock)).toBe(false);
  });

  it("keeps the lock of an engine that lives, and says so", () => {
    writeFileSync(lock, JSON.stringify({ pid: process.pid }));
    expect(() => {
      clearDeadLocks(state);
    }).toThrow(`A Pulumi engine (process ${process.pid}) is still at work in this lab. Wait until it is done.`);
    expect(existsSync(lock)).toBe(true);
  });

  it("needs no backend", () => {
    expect(() => {
      clearDeadLocks(join(state, "none"));
    }).not.toThrow();
  });
});
