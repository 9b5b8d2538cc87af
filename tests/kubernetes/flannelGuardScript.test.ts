import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { flannelGuardScript } from "../../components/kubernetes/flannelGuardScript";

/** The node as the script sees it: links and their addresses are files, and flanneld is a process of the test. */
const tools: Record<string, string> = {
  ip: `
    for device; do :; done
    case "$*" in
      *link*) [ -f "$WORLD/links/$device" ] && echo "$(cat "$WORLD/links/$device"): $device: <UP> mtu 1280" ;;
      *addr*) [ -f "$WORLD/addresses/$device" ] && echo "7: $device    inet $(cat "$WORLD/addresses/$device")/32 scope global $device" ;;
    esac`,
  pidof: 'cat "$WORLD/flanneld" 2>/dev/null',
  sleep: 'echo "$1" >>"$WORLD/slept"; exec /bin/sleep 0.02',
};

let world: string;
let guard: ChildProcess;
let said = "";
const started: ChildProcess[] = [];

const link = (name: string, number: number): void => {
  writeFileSync(join(world, "links", name), String(number));
};
const address = (name: string, value: string): void => {
  writeFileSync(join(world, "addresses", name), value);
};
const gone = (kind: "links" | "addresses", name: string): void => {
  rmSync(join(world, kind, name));
};

/** A process that stands for flanneld; kubelet's part, to start it again, is the test's. */
function startFlanneld(): ChildProcess {
  const daemon = spawn("/bin/sleep", ["60"]);
  started.push(daemon);
  daemon.on("exit", () => {
    rmSync(join(world, "flanneld"), { force: true });
  });
  writeFileSync(join(world, "flanneld"), String(daemon.pid));
  return daemon;
}

function isRunning(daemon: ChildProcess): boolean {
  return daemon.exitCode === null && daemon.signalCode === null;
}

const ended = (daemon: ChildProcess): Promise<void> =>
  vi.waitFor(() => {
    expect(isRunning(daemon)).toBe(false);
  }, 5000);

/** Long enough for a dozen looks. */
const aWhile = (): Promise<void> => sleep(600);

beforeEach(() => {
  world = mkdtempSync(join(tmpdir(), "guard-"));
  for (const folder of ["links", "addresses", "bin"]) mkdirSync(join(world, folder));
  for (const [name, body] of Object.entries(tools))
    writeFileSync(join(world, "bin", name), `#!/bin/sh\n${body}\n`, { mode: 0o755 });
  for (const name of ["sed", "cat", "date"]) {
    const found = [`/usr/bin/${name}`, `/bin/${name}`].find((path) => existsSync(path)) ?? name;
    symlinkSync(found, join(world, "bin", name));
  }
  link("tailscale0", 4);
  address("tailscale0", "100.64.0.4");
  link("flannel.1", 5);
  said = "";
  guard = spawn("/bin/sh", ["-c", flannelGuardScript()], {
    env: { PATH: join(world, "bin"), WORLD: world, INTERFACE: "tailscale0", LOOK_SECONDS: "4" },
  });
  guard.stdout?.on("data", (chunk: Buffer) => (said += chunk.toString()));
  guard.stderr?.on("data", (chunk: Buffer) => (said += chunk.toString()));
});
afterEach(async () => {
  for (const child of [guard, ...started.splice(0)]) child.kill("SIGKILL");
  await sleep(50);
  rmSync(world, { recursive: true, force: true });
});

describe("the guard of a node's VTEP", () => {
  it("leaves a node alone whose links are well", async () => {
    const daemon = startFlanneld();
    await aWhile();
    expect(isRunning(daemon)).toBe(true);
    expect(said).toBe("");
  });

  it("restarts flanneld where its link is gone, once the tailnet's is back", async () => {
    const daemon = startFlanneld();
    await aWhile();
    gone("links", "flannel.1");
    gone("links", "tailscale0");
    gone("addresses", "tailscale0");
    await aWhile();
    expect(isRunning(daemon)).toBe(true);

    link("tailscale0", 6);
    address("tailscale0", "100.64.0.4");
    await ended(daemon);
    expect(said).toMatch(/^\S+Z flannel\.1 is gone: restarting flanneld\n$/);

    // flanneld makes its link anew, and all is well.
    link("flannel.1", 7);
    const next = startFlanneld();
    await aWhile();
    expect(isRunning(next)).toBe(true);
  });

  it("restarts flanneld where the node got another tailnet address", async () => {
    const daemon = startFlanneld();
    await aWhile();
    address("tailscale0", "100.64.0.9");
    await ended(daemon);
    expect(said).toContain("tailscale0 is another one than flannel.1 was made over: restarting flanneld");
  });

  it("does nothing while kubelet has flanneld to start", async () => {
    gone("links", "flannel.1");
    await aWhile();
    expect(said).toBe("");
  });

  it("waits longer each time where a restart does not help", async () => {
    startFlanneld();
    await aWhile();
    gone("links", "flannel.1");
    for (let restart = 0; restart < 3; restart++) {
      await vi.waitFor(() => {
        expect(existsSync(join(world, "flanneld"))).toBe(false);
      }, 5000);
      startFlanneld();
    }
    await vi.waitFor(() => {
      const pauses = readFileSync(join(world, "slept"), "utf8").trim().split("\n").map(Number);
      expect(pauses.filter((pause) => pause > 4)).toEqual(expect.arrayContaining([8, 16]));
    }, 5000);
  });
});
