import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { takeLock } from "../../../lab/engine/lock";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "lock-"));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

describe("takeLock", () => {
  it("holds until it is released, and says who holds it", () => {
    const file = join(folder, "lock");
    const lock = takeLock(file);
    if ("heldBy" in lock) throw new Error("a free lock was not given");
    expect(takeLock(file)).toEqual({ heldBy: process.pid });
    lock.release();
    expect(takeLock(file)).toHaveProperty("release");
  });

  it("takes over from a process that is gone", () => {
    const file = join(folder, "lock");
    // No process id is this large on any system.
    writeFileSync(file, "999999999\n");
    expect(takeLock(file)).toHaveProperty("release");
    expect(readFileSync(file, "utf8").trim()).toBe(String(process.pid));
    expect(readdirSync(folder)).toEqual(["lock"]);
  });

  it("takes over an unreadable lock", () => {
    const file = join(folder, "lock");
    writeFileSync(file, "");
    expect(takeLock(file)).toHaveProperty("release");
  });
});
