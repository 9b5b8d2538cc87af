import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Engine, EngineEvent, Outcome } from "../../lab/engine";
import { placeholder } from "../../tools/changed-stacks.mjs";
import { type Guard, startGuard } from "./guard";
import { openWorldLab, root, type WorldLab } from "./harness";

/**
 * `pulumi preview` as .github/workflows/preview.yml runs it: nothing but the image factory can be reached, no credentials of the tailnet,
 * and the runner in the place of every KVM host. It must say what it says where all can be reached.
 */
let lab: WorldLab;
let guard: Guard;
let deploy: Engine;
let runner: Engine;
const standIn = join(root, ".github", "preview-bin");

beforeAll(async () => {
  lab = await openWorldLab();
  guard = await startGuard(lab.world, /^connect factory\.talos\.dev:443$/);
  deploy = await lab.beside("lab", { env: { TAILSCALE_API_KEY: "tskey-api-lab" } });
  runner = await lab.beside("lab", { env: { ...guard.env, TAILSCALE_API_KEY: placeholder }, path: [standIn] });
  withoutCredentials();
});
afterAll(async () => {
  await guard.close();
  await lab.close();
});

/** As in a stack whose credentials come from the environment of whoever deploys. */
function withoutCredentials(): void {
  deploy.setConfig("tailscale:apiKey", undefined);
}

interface Plan {
  outcome: Outcome;
  steps: string[];
}

async function preview(engine: Engine, ...flags: string[]): Promise<Plan> {
  const steps: string[] = [];
  const onEvent = ({ resourcePreEvent }: EngineEvent): void => {
    if (resourcePreEvent) steps.push(`${resourcePreEvent.metadata.op} ${resourcePreEvent.metadata.urn}`);
  };
  const outcome = await engine.preview(onEvent, ...flags);
  expect(outcome.errors).toEqual([]);
  expect(outcome.ok).toBe(true);
  return { outcome, steps: steps.sort() };
}

/** Every file of the backend, with its content and the time of its last change. */
function backend(): string[] {
  return readdirSync(lab.folder.state, { recursive: true, encoding: "utf8" })
    .map((name) => join(lab.folder.state, name))
    .filter((file) => statSync(file).isFile())
    .map((file) => `${file} ${statSync(file).mtimeMs} ${readFileSync(file, "utf8")}`)
    .sort();
}

async function saysTheSame(): Promise<Plan> {
  const [before, world] = [backend(), lab.world.remains()];
  const there = await preview(deploy);
  guard.refused.length = 0;
  const here = await preview(runner);
  expect(here.steps).toEqual(there.steps);
  expect(here.outcome.changes).toEqual(there.outcome.changes);
  // The Kubernetes provider looks whether its API is there, and goes on without.
  expect(guard.refused.filter((what) => !/^connect 100\.[\d.]+:6443$/.test(what))).toEqual([]);
  expect(backend()).toEqual(before);
  expect(lab.world.remains()).toEqual(world);
  return here;
}

describe("a preview where nothing can be reached", () => {
  it("says the same of an empty stack", async () => {
    expect(Object.keys((await saysTheSame()).outcome.changes)).toEqual(["create"]);
  });

  it("says the same of a stack that is as it should be", async () => {
    const outcome = await deploy.up(lab.onEvent);
    expect(outcome.errors).toEqual([]);
    expect(Object.keys((await saysTheSame()).outcome.changes)).toEqual(["same"]);
    await preview(runner, "--expect-no-changes");
  });

  it("says the same of a change of many kinds", async () => {
    deploy.setConfig("talos-cloud-edge:cloud", {
      region: "europe-west3",
      controlPlanes: { count: 1, labels: { team: "edge" } },
      workers: { count: 2, machineType: "e2-standard-4" },
    });
    deploy.setConfig("talos-cloud-edge:patches", { workers: ["machine:\n  sysctls:\n    vm.swappiness: '1'\n"] });
    deploy.setConfig("talos-cloud-edge:sites", [
      {
        name: "edge",
        bridge: "setup02-edge",
        cidr: "10.0.20.0/24",
        host: "root@kvm.lab",
        nodes: [
          { name: "talos-edge-1", mac: "52:54:00:00:02:01", ip: "10.0.20.10", generation: 2 },
          { name: "talos-edge-2", mac: "52:54:00:00:02:02", ip: "10.0.20.11" },
        ],
      },
      {
        name: "second",
        cidr: "10.0.30.0/24",
        host: "root@kvm2.lab",
        nodes: [{ name: "talos-second-1", mac: "52:54:00:00:04:01", ip: "10.0.30.10" }],
      },
    ]);
    const { changes } = (await saysTheSame()).outcome;
    expect(Object.keys(changes).sort()).toEqual(expect.arrayContaining(["create", "replace", "same", "update"]));
  });

  it("fails in one sentence without the placeholder", async () => {
    const engine = await lab.beside("lab", { env: guard.env, path: [standIn] });
    withoutCredentials();
    const outcome = await engine.preview(() => undefined);
    expect(outcome.ok).toBe(false);
    expect(outcome.errors).toEqual([
      expect.stringMatching(/^The credentials of your tailnet are missing; write .*\.$/),
    ]);
  });

  it("needs the stand-in for KVM hosts, as the libvirt provider connects before it plans", async () => {
    const noHosts = join(lab.folder.path, "no-hosts");
    mkdirSync(noHosts);
    writeFileSync(join(noHosts, "ssh"), "#!/bin/sh\necho 'ssh: connect: No route to host' >&2\nexit 255\n", {
      mode: 0o755,
    });
    const engine = await lab.beside("lab", {
      env: { ...guard.env, TAILSCALE_API_KEY: placeholder },
      path: [noHosts],
    });
    withoutCredentials();
    const outcome = await engine.preview(() => undefined);
    expect(outcome.ok).toBe(false);
    expect(outcome.errors.join("\n")).toContain(
      "Unable to Connect to Libvirt: qemu+sshcmd://root@kvm.lab/system: ssh: connect: No route to host",
    );
  });
});
