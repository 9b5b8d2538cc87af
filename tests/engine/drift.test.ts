import { execFile, spawn } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { findBinaries, Console } from "../../lab/engine";
import { engineEnv } from "../../lab/engine/engineEnv";
import { type Guard, startGuard } from "./guard";
import { openWorldLab, root, state, type WorldLab } from "./harness";

/** `tools/drift.mjs` as .github/workflows/drift.yml runs it, over things that somebody else took away. */
let lab: WorldLab;
let guard: Guard;

beforeAll(async () => {
  lab = await openWorldLab();
  // The cloud's API may be read, and the tailnet's is the tailnet's own business.
  guard = await startGuard(lab.world, /^(rpc gcp\.read|connect (factory\.talos\.dev|api\.tailscale\.com):443)$/);
  tool(
    "pulumi",
    `exec '${(await findBinaries(new Console())).pulumi}' "$@" --config-file '${lab.folder.stackConfig("lab")}'`,
  );
  const outcome = await lab.engine.up(lab.onEvent);
  expect(outcome.errors).toEqual([]);
});
afterAll(async () => {
  await guard.close();
  await lab.close();
});

function tool(name: string, command: string, folder = "tools"): void {
  mkdirSync(join(lab.folder.path, folder), { recursive: true });
  writeFileSync(join(lab.folder.path, folder, name), `#!/bin/sh\n${command}\n`, { mode: 0o755 });
}

/** Runs it on the lab's stack; `outside` is a runner that reaches neither the cluster nor the sites. */
function look(...words: string[]): Promise<{ code: number | null; report: string }> {
  const outside = words.length > 0;
  const path = [
    ...(outside ? [join(lab.folder.path, "no-hosts")] : []),
    join(lab.folder.path, "tools"),
    lab.world.binDir,
  ];
  const world = outside ? { ...lab.world.env(), ...guard.env } : lab.world.env();
  const child = spawn(process.execPath, [join(root, "tools", "drift.mjs"), "lab", ...words], {
    env: engineEnv(process.env, { folder: lab.folder, world, path }),
    stdio: ["ignore", "pipe", "inherit"],
  });
  let report = "";
  child.stdout.on("data", (chunk: Buffer) => (report += chunk.toString()));
  return new Promise((resolve) => {
    child.on("close", (code) => {
      resolve({ code, report });
    });
  });
}

/** The world answers in this process, so nothing may wait for it with the process stopped. */
async function inWorld(command: string, ...args: string[]): Promise<void> {
  await promisify(execFile)(command, args, { env: { ...process.env, ...lab.world.env() } });
}

async function idOf(type: string, name: string): Promise<string> {
  const { resources = [] } = await state(lab);
  const found = resources.find(({ urn }) => urn.includes(type) && urn.endsWith(`::${name}`)) as
    { id?: string } | undefined;
  return found?.id ?? "";
}

/** Where the image with the edge node's first config lies. */
async function seedImage(): Promise<string> {
  const { resources = [] } = await state(lab);
  const images = resources.filter(({ type }) => type === "libvirt:index/cloudinitDisk:CloudinitDisk");
  const [path] = images.map((image) => (image as { outputs?: { path?: string } }).outputs?.path);
  return path ?? "";
}

const asItShould = "### lab\n\nAs the last update left it.\n";
const instance = "- Instance `setup02-cluster-worker-1-machine-instance` is gone.";
const device = "- TailnetDevice `setup02-cluster-worker-1-device` is gone.";
const bridge = "- SiteNetwork `setup02-edge-site-host-network`: The bridge setup02-edge is missing.";
const listed = (report: string): string[] => report.split("\n").filter((line) => line.startsWith("- "));

describe("the search for drift", () => {
  it("finds nothing where nothing is different, on another computer than the last update's", async () => {
    rmSync(await seedImage());
    expect(await look()).toEqual({ code: 0, report: asItShould });
  });

  it("finds nothing where it reaches neither the cluster nor the sites, and says so", async () => {
    tool("ssh", "echo 'ssh: connect: No route to host' >&2; exit 255", "no-hosts");
    const { code, report } = await look("--without", "cluster", "--without", "sites");
    expect(report).toBe(
      `${asItShould}\nNot looked at, as this run does not reach them: the Kubernetes API and the Talos API; ` +
        "the KVM hosts and the machines on them.\n",
    );
    expect(code).toBe(0);
    expect(guard.refused).toEqual([]);
  });

  it("says that it cannot look where it is not told what it does not reach", async () => {
    const { code, report } = await look("--without", "cluster");
    expect(report).toContain("Could not be looked at in full:");
    expect(report).toContain("Unable to Connect to Libvirt: qemu+sshcmd://root@kvm.lab/system");
    expect(code).toBe(2);
  });

  it("names a bridge, an instance and a device that are gone", async () => {
    await inWorld(join(lab.world.binDir, "ssh"), "root@kvm.lab", "ovs-vsctl del-br setup02-edge");
    const id = await idOf("gcp:compute/instance:Instance", "setup02-cluster-worker-1-machine-instance");
    const token = "gcp:compute/instance:Instance";
    const gone = await fetch(`${lab.world.url}/rpc/gcp.delete`, {
      method: "POST",
      body: JSON.stringify({ project: "lab-project", token, id }),
    });
    expect(gone.status).toBe(200);
    const api = `https://api.tailscale.com/api/v2/device/${await idOf("TailnetDevice", "setup02-cluster-worker-1-device")}`;
    await inWorld(
      "curl",
      "-sSf",
      "-X",
      "DELETE",
      "--proxy",
      lab.world.url,
      "--cacert",
      lab.world.caFile,
      "-u",
      "tskey-api-lab:",
      api,
    );

    const { code, report } = await look();
    expect(listed(report)).toEqual(expect.arrayContaining([instance, device, bridge]));
    expect(code).toBe(1);
  });

  it("names those of them that it sees from outside", async () => {
    const { code, report } = await look("--without", "cluster", "--without", "sites");
    expect(listed(report)).toEqual([instance, device]);
    expect(code).toBe(1);
  });
});
