import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, expect, it } from "vitest";

const preload = join(__dirname, "..", "..", "..", "lab", "engine", "endWithParent.cjs");
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "orphan-"));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

/** Starts a plugin that leaves a file once it has lived for a while, as the child of a shell that runs `then` and ends. */
function start(engine: string, then: string): string {
  const file = join(folder, "lived-on");
  const plugin = `setTimeout(() => require("node:fs").writeFileSync(${JSON.stringify(file)}, ""), 2000)`;
  const command = `"$0" --require "$1" -e "$2" -- "$3" & ${then}`;
  spawnSync("sh", ["-c", command, process.execPath, preload, plugin, engine], { stdio: "ignore" });
  return file;
}

/** The address of an engine that listens as long as `work` takes. */
async function withEngine(work: (address: string) => Promise<void>): Promise<void> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    await work(`127.0.0.1:${(server.address() as AddressInfo).port}`);
  } finally {
    server.close();
  }
}

it("a plugin ends whose engine was gone before it began", () => {
  expect(existsSync(start("127.0.0.1:1", "wait"))).toBe(false);
});

it("a plugin ends whose engine goes while it is at work", () =>
  withEngine(async (address) => {
    const file = start(address, "sleep 1");
    await sleep(4000);
    expect(existsSync(file)).toBe(false);
  }));

it("a plugin whose engine lives goes on", () =>
  withEngine((address) => {
    expect(existsSync(start(address, "wait"))).toBe(true);
    return Promise.resolve();
  }));
