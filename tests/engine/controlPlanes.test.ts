import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { begun, openWorldLab, said, type WorldLab } from "./harness";

/** The control planes of a cluster over its life, on the real engine. The tests of a group depend on each other in their order. */
let lab: WorldLab;

async function open(): Promise<void> {
  lab = await openWorldLab();
  lab.engine.setConfig("talos-cloud-edge:sites", []);
  lab.engine.setConfig("talos-cloud-edge:checks", { enabled: false });
}

const configure = (controlPlanes: Record<string, unknown>): void => {
  lab.engine.setConfig("talos-cloud-edge:cloud", { region: "europe-west3", controlPlanes, workers: { count: 0 } });
};

async function succeeds(operation: "up" | "destroy", ...flags: string[]): Promise<Record<string, number>> {
  lab.events.length = 0;
  const outcome = await lab.engine[operation](lab.onEvent, ...flags);
  expect(outcome.errors).toEqual([]);
  expect(outcome.ok).toBe(true);
  return outcome.changes;
}

async function changesNothing(): Promise<void> {
  lab.events.length = 0;
  const outcome = await lab.engine.up(lab.onEvent, "--expect-no-changes");
  const steps = lab.events.flatMap(({ resourcePreEvent }) => (resourcePreEvent ? [resourcePreEvent.metadata] : []));
  const changed = steps
    .filter(({ op }) => op !== "same")
    .map(({ op, urn }) => `${op} ${urn.split("::").at(-1) ?? urn}`);
  expect(changed).toEqual([]);
  expect(outcome.errors).toEqual([]);
}

const names = (...numbers: number[]): string[] => numbers.map((number) => `setup02-cluster-master-${number}`);

/** etcd has these members, all alive, and has always had its quorum; Kubernetes has their Nodes and no others. */
function expectWhole(...numbers: number[]): void {
  const { nodes, clusters } = lab.world.summary();
  expect(clusters).toHaveLength(1);
  const etcd = [...(clusters[0]?.etcd ?? [])].sort((a, b) => a.name.localeCompare(b.name));
  expect(etcd).toEqual(names(...numbers).map((name) => ({ name, dead: false })));
  expect(clusters[0]?.quorumLosses).toEqual([]);
  expect(nodes.map(({ name, ready }) => ({ name, ready }))).toEqual(
    names(...numbers).map((name) => ({ name, ready: true })),
  );
  const kubernetes = lab.world.remains().filter((sentence) => sentence.startsWith("Kubernetes Node"));
  expect(kubernetes.sort()).toEqual(names(...numbers).map((name) => `Kubernetes Node ${name}`));
}

const replacedMachines = (): string[] =>
  begun(lab, "delete-replaced")
    .filter((urn) => urn.endsWith("-machine-instance"))
    .map((urn) => /setup02-cluster-master-\d/.exec(urn)?.[0] ?? urn);

/** Takes a machine away behind Pulumi's back. */
async function kill(name: string): Promise<void> {
  const zone = { 1: "a", 2: "b", 3: "c" }[name.slice(-1)] ?? "a";
  const id = `projects/lab-project/zones/europe-west3-${zone}/instances/${name}`;
  const body = JSON.stringify({ token: "gcp:compute/instance:Instance", id });
  const answer = await fetch(`${lab.world.url}/rpc/gcp.delete`, { method: "POST", body });
  expect(await answer.json()).toEqual({ result: null });
  expect(lab.world.summary().nodes.map((node) => node.name)).not.toContain(name);
}

describe("three control planes", () => {
  beforeAll(open);
  afterAll(() => lab.close());

  it("are one etcd, and stay as they are", async () => {
    configure({ count: 3 });
    await succeeds("up");
    expectWhole(1, 2, 3);
    await changesNothing();
  });

  it("are replaced one alone", async () => {
    configure({ count: 3, generations: { "setup02-cluster-master-2": 1 } });
    await succeeds("up");
    expect(replacedMachines()).toEqual(names(2));
    expectWhole(1, 2, 3);
    await changesNothing();
  });

  it("are replaced all, one after the other, each drained first", async () => {
    configure({ count: 3, generation: 2, generations: { "setup02-cluster-master-2": 1 } });
    await succeeds("up");
    expect(replacedMachines()).toEqual(names(1, 2, 3));
    expect(said(lab).filter((line) => line.includes("going on"))).toEqual([]);
    expectWhole(1, 2, 3);
    await changesNothing();
  });

  it("get another machine type one after the other", async () => {
    const change = { count: 3, generation: 2, generations: { "setup02-cluster-master-2": 1 } };
    configure({ ...change, machineType: "e2-standard-8" });
    await succeeds("up");
    const updated = begun(lab, "update").filter((urn) => /-instance$|:EtcdMember::/.test(urn));
    expect(updated.map((urn) => urn.split("::").at(-1))).toEqual(
      names(1, 2, 3).flatMap((name) => [`${name}-machine-instance`, `setup02-etcd-${name}`]),
    );
    expectWhole(1, 2, 3);
    await changesNothing();
  });

  it("become one", async () => {
    configure({ count: 1, generation: 2, machineType: "e2-standard-8" });
    await succeeds("up");
    expectWhole(1);
    await changesNothing();
  });

  it("are destroyed with the last one, and nothing is left", async () => {
    await succeeds("destroy");
    expect(said(lab)).toContain("setup02-cluster-master-1: etcd's last member goes with its machine");
    expect(lab.world.remains()).toEqual([]);
  });
});

describe("three control planes of which one dies", () => {
  beforeAll(open);
  afterAll(() => lab.close());

  it("are not reduced by another one before anything is deleted", async () => {
    configure({ count: 3 });
    await succeeds("up");
    await kill("setup02-cluster-master-3");
    configure({ count: 3, generations: { "setup02-cluster-master-1": 1 } });
    lab.events.length = 0;
    const outcome = await lab.engine.up(lab.onEvent);
    expect(outcome.ok).toBe(false);
    expect(outcome.errors.join("\n")).toContain(
      "Without setup02-cluster-master-1 etcd would lose its quorum: 2 of the 2 members that stay must be healthy, but " +
        "setup02-cluster-master-3 is not.",
    );
    expect(replacedMachines()).toEqual([]);
    expect(lab.world.summary().clusters[0]?.quorumLosses).toEqual([]);
  });

  it("are destroyed all the same, and nothing is left", async () => {
    await succeeds("destroy");
    expect(lab.world.remains()).toEqual([]);
  });
});
