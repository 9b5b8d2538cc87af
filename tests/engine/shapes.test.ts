import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import type { Engine } from "../../lab/engine";
import { parse } from "yaml";
import { begun, openWorldLab, readyNodes, root, type WorldLab } from "./harness";

/** What stacks look like beyond the lab's own: each from nothing to nothing, on the real engine over a simulated world. */
let lab: WorldLab;

afterEach(async () => {
  await lab.close();
});

const nodes = [
  { name: "talos-site2-1", mac: "52:54:00:00:03:01", ip: "10.0.21.10", boot: "iso", tpm: true },
  { name: "talos-site2-2", mac: "52:54:00:00:03:02", ip: "10.0.21.11", taints: { edge: "true:NoSchedule" } },
];

async function succeeds(
  engine: Engine,
  operation: "up" | "destroy",
  ...flags: string[]
): Promise<Record<string, number>> {
  lab.events.length = 0;
  const outcome = await engine[operation](lab.onEvent, ...flags);
  expect(outcome.errors).toEqual([]);
  expect(outcome.ok).toBe(true);
  return outcome.changes;
}

describe("a further site", () => {
  it("joins a running cluster from a stack of its own, and leaves it untouched", async () => {
    lab = await openWorldLab();
    await succeeds(lab.engine, "up");
    const before = await lab.engine.exportState();

    const edge = await lab.beside("edge");
    edge.setConfig("talos-cloud-edge:cloudStack", "lab");
    edge.setConfig("tailscale:apiKey", "tskey-api-lab");
    edge.setConfig("tailscale:tailnet", "lab.example");
    edge.setConfig("talos-cloud-edge:sites", [{ name: "site2", cidr: "10.0.21.0/24", host: "root@kvm2.lab", nodes }]);
    await succeeds(edge, "up");
    expect(begun(lab, "create").filter((urn) => urn.includes("gcp:"))).toEqual([]);
    expect(readyNodes(lab)).toEqual([
      "setup02-cluster-master-1",
      "setup02-cluster-worker-1",
      "talos-edge-1",
      "talos-site2-1",
      "talos-site2-2",
    ]);
    expect(Object.keys(await succeeds(edge, "up", "--expect-no-changes"))).toEqual(["same"]);

    await succeeds(edge, "destroy");
    expect(readyNodes(lab)).toEqual(["setup02-cluster-master-1", "setup02-cluster-worker-1", "talos-edge-1"]);
    expect(lab.world.remains().filter((sentence) => sentence.includes("site2"))).toEqual([]);
    expect(await lab.engine.exportState()).toBe(before);

    await succeeds(lab.engine, "destroy");
    expect(lab.world.remains()).toEqual([]);
  });
});

describe("three control planes, and a machine that is replaced", () => {
  it("has one etcd of three, and replaces one machine alone by its generation", async () => {
    lab = await openWorldLab();
    const cloud = { region: "europe-west3", controlPlanes: { count: 3 }, workers: { count: 1 } };
    lab.engine.setConfig("talos-cloud-edge:cloud", cloud);
    await succeeds(lab.engine, "up");
    expect(readyNodes(lab)).toHaveLength(5);

    lab.engine.setConfig("talos-cloud-edge:cloud", { ...cloud, workers: { count: 1, generation: 2 } });
    await succeeds(lab.engine, "up");
    const others = begun(lab, "replace").filter((urn) => !urn.includes("setup02-cluster-worker-1"));
    expect(others.filter((urn) => !urn.includes("connectivity"))).toEqual([]);
    expect(readyNodes(lab)).toHaveLength(5);
    expect(Object.keys(await succeeds(lab.engine, "up", "--expect-no-changes"))).toEqual(["same"]);

    await succeeds(lab.engine, "destroy");
    expect(lab.world.remains()).toEqual([]);
  });
});

describe("the secrets of an existing cluster, LVM and a policy of the program's own", () => {
  it("is built with the cluster's own keys, leaves no file with them, and is left alone by a second up", async () => {
    lab = await openWorldLab();
    const file = join(lab.folder.path, "secrets.yaml");
    execFileSync(lab.talosctl, ["gen", "secrets", "--output-file", file], { stdio: "ignore" });
    const secretsYaml = readFileSync(file, "utf8");
    await lab.engine.setSecret("talos-cloud-edge:secretsYaml", secretsYaml);
    lab.engine.setConfig("talos-cloud-edge:tailnet", { managePolicy: true });
    lab.engine.setConfig("talos-cloud-edge:sites", [
      {
        name: "edge",
        host: "root@kvm.lab",
        pool: { kind: "lvm", volumeGroup: "vg-talos", devices: ["/dev/sdb"] },
        nodes: [{ name: "talos-edge-1", mac: "52:54:00:00:02:01", ip: "10.0.20.10" }],
      },
    ]);
    await succeeds(lab.engine, "up");
    const { kubeconfig } = (await lab.engine.outputs()) as { kubeconfig: string };
    const { certs } = parse(secretsYaml) as { certs: { k8s: { crt: string } } };
    expect(kubeconfig).toContain(certs.k8s.crt);
    expect(readyNodes(lab)).toHaveLength(3);
    expect(Object.keys(await succeeds(lab.engine, "up", "--expect-no-changes"))).toEqual(["same"]);
    expect(existsSync(join(root, ".talos-cloud-edge", "lab", "secrets.yaml"))).toBe(false);

    await succeeds(lab.engine, "destroy");
    // The policy stays on purpose: without one, a tailnet lets everybody reach everything.
    expect(lab.world.remains()).toEqual([]);
  });
});
