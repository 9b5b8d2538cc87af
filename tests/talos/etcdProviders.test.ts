import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type DynamicProvider, serialisedProvider, startDynamicProvider } from "../http/dynamicProvider";
import * as c from "../lab/world/cluster";
import { Lab } from "../lab/world/lab";

/**
 * The dynamic providers as the engine runs them, against machines of the lab's world: one control plane after the other joins etcd and
 * leaves it. The tests depend on each other in this order.
 */
let lab: Lab;
let bootstrap: DynamicProvider;
let member: DynamicProvider;
const secrets = new c.Secrets();
const { client } = secrets;
const addresses: Record<string, string> = {};
const states: Record<string, { id: string; outs: Record<string, unknown> }> = {};

async function open(pace: object): Promise<void> {
  lab = await Lab.start({ pace: { boot: 20, join: 20, kubernetes: 20, patience: 5000, ...pace } });
  await c.cloud(lab);
  const start = async (module: string, make: string): Promise<DynamicProvider> => {
    const text = serialisedProvider(`components/talos/etcd/${module}.ts`, make);
    const provider = await startDynamicProvider(text, lab.world.env());
    await provider.configure({ "tailscale:apiKey": "tskey-api-lab" });
    return provider;
  };
  bootstrap = await start(
    "bootstrapProvider",
    "(module) => module.createBootstrapProvider({ pauseMs: 50, repeatMs: 1000 })",
  );
  member = await start(
    "memberProvider",
    "(module) => module.createMemberProvider({ pauseMs: 50, removalMs: 300, blockedMs: 0 })",
  );
}

async function close(): Promise<void> {
  bootstrap.stop();
  member.stop();
  await lab.stop();
}

const name = (number: number): string => `master-${number}`;
const names = (...numbers: number[]): string[] => numbers.map(name);

async function make(number: number): Promise<void> {
  const tag = "tag:k8s-control-plane";
  const { key } = await c.authKey(lab, tag);
  const config: c.ConfigOptions = {
    role: "controlplane",
    name: name(number),
    authKey: key,
    tag,
    endpoint: ["10.1.0.2"],
  };
  await c.cloudNode(lab, name(number), `10.1.0.${number + 1}`, c.machineConfig(secrets, config));
  addresses[name(number)] = await c.joined(lab, name(number));
}

/** The machine goes, and its device with it: what is left is its member. */
async function unmake(number: number): Promise<void> {
  const id = `projects/talos-lab/zones/europe-west3-a/instances/${name(number)}`;
  await lab.rpc("gcp.delete", { token: "gcp:compute/instance:Instance", id });
  for (const device of await c.devices(lab)) {
    if (device.hostname === name(number)) await lab.tailscale("DELETE", `device/${device.nodeId}`);
  }
}

const inputs = (number: number, controlPlanes: string[], change: object = {}): Record<string, unknown> => ({
  nodeName: name(number),
  address: addresses[name(number)],
  internalIp: `10.1.0.${number + 1}`,
  machineId: `machine ${number}`,
  machineType: "e2-standard-4",
  controlPlanes,
  clientConfiguration: client,
  timeoutMinutes: 0.15,
  ...change,
});

const bootstrapInputs = (change: object = {}): Record<string, unknown> => ({
  nodeName: name(1),
  address: addresses[name(1)],
  alone: false,
  clientConfiguration: client,
  timeoutMinutes: 0.1,
  ...change,
});

async function joins(number: number): Promise<void> {
  states[name(number)] = await member.create(inputs(number, names(1, 2, 3)));
}

const stateOf = (number: number): { id: string; outs: Record<string, unknown> } => {
  const state = states[name(number)];
  if (!state) throw new Error(`${name(number)} has not joined`);
  return state;
};

const etcd = (): { name: string; dead: boolean }[] => lab.world.summary().clusters[0]?.etcd ?? [];
const living = (...numbers: number[]): object[] => names(...numbers).map((one) => ({ name: one, dead: false }));

describe("etcd's bootstrap", () => {
  beforeAll(() => open({}), 60_000);

  it("says what it waits for when the Talos API does not answer", async () => {
    await make(1);
    await expect(bootstrap.create(bootstrapInputs({ address: "100.64.99.99", timeoutMinutes: 0.01 }))).rejects.toThrow(
      /^.*master-1: no etcd within 0.01 min: master-1 joined the tailnet, but its Talos API does not answer \(100\.64\.99\.99:50000: .*\); is this computer in the tailnet, and does the tailnet's policy let it reach port 50000\?\./,
    );
  });

  it("happens once, and an etcd that is there already is fine", async () => {
    expect((await bootstrap.create(bootstrapInputs())).id).toBe("master-1");
    expect(etcd()).toEqual(living(1));
    expect((await bootstrap.create(bootstrapInputs())).id).toBe("master-1");
    expect(etcd()).toEqual(living(1));
  });

  it.each<[what: string, olds: object, news: object, replaces: string[]]>([
    ["a new machine of the only control plane", { alone: true }, { alone: true, address: "100.64.0.9" }, ["address"]],
    ["a new machine beside others", { alone: false }, { alone: false, address: "100.64.0.9" }, []],
    ["a new machine that becomes one of several", { alone: true }, { alone: false, address: "100.64.0.9" }, []],
    ["a new machine that was one of several", { alone: false }, { alone: true, address: "100.64.0.9" }, []],
  ])("is repeated only where no other etcd is: %s", async (_what, olds, news, replaces) => {
    expect(await bootstrap.diff("master-1", bootstrapInputs(olds), bootstrapInputs(news))).toMatchObject({
      changes: true,
      replaces,
      deleteBeforeReplace: true,
    });
  });
});

describe("a control plane's member", () => {
  afterAll(close);

  it("is there when it has a vote", async () => {
    await joins(1);
    for (const number of [2, 3]) {
      await make(number);
      await joins(number);
    }
    expect(etcd()).toEqual(living(1, 2, 3));
    expect(BigInt(`0x${stateOf(2).id}`).toString()).toBe(stateOf(2).outs.memberId);
  });

  it("is left alone while nothing changes", async () => {
    const { id, outs } = stateOf(1);
    expect(await member.diff(id, outs, inputs(1, names(1, 2, 3)))).toMatchObject({ changes: false, replaces: [] });
  });

  it("is taken out before its machine goes, and comes again with the next one", async () => {
    const { id, outs } = stateOf(2);
    const another = inputs(2, names(1, 2, 3), { machineId: "machine 4" });
    expect(await member.diff(id, outs, another)).toMatchObject({ replaces: ["machineId"], deleteBeforeReplace: true });
    await member.delete(id, outs);
    expect(etcd()).toEqual(living(1, 3));
    await unmake(2);
    await make(2);
    await joins(2);
    expect(etcd()).toEqual(living(1, 3, 2));
    expect(lab.world.summary().clusters[0]?.quorumLosses).toEqual([]);
  });

  it("may be that of a dead machine, which is replaced; no other may be then", async () => {
    await unmake(3);
    const change = { machineId: "machine 5" };
    const dead = stateOf(3);
    expect(await member.diff(dead.id, dead.outs, inputs(3, names(1, 2, 3), change))).toMatchObject({
      replaces: ["machineId"],
    });
    const { id, outs } = stateOf(2);
    await expect(member.diff(id, outs, inputs(2, names(1, 2, 3), change))).rejects.toThrow(
      "Without master-2 etcd would lose its quorum: 2 of the 2 members that stay must be healthy, but master-3 is not.",
    );
    await expect(member.update(id, outs, inputs(2, names(3)))).rejects.toThrow(
      "Without master-1 and master-2 etcd would lose",
    );
    await member.delete(dead.id, dead.outs);
    expect(etcd()).toEqual(living(1, 2));
  });

  it("of a control plane that is to go is taken out by one that stays", async () => {
    const { id, outs } = stateOf(1);
    const kept = await member.update(id, outs, inputs(1, names(1)));
    expect(etcd()).toEqual(living(1));
    // Nothing is left to do for the one that goes.
    await member.delete(stateOf(2).id, stateOf(2).outs);
    await member.delete(id, { ...outs, ...kept });
    await expect.poll(() => member.output()).toContain("master-1: etcd's last member goes with its machine");
    expect(etcd()).toEqual(living(1));
  });

  it("says at the end of its patience why there is none", async () => {
    await expect(member.create(inputs(2, names(1, 2), { timeoutMinutes: 0.01 }))).rejects.toThrow(
      "master-2: no etcd within 0.01 min: etcd is not running: Waiting, the member has been permanently removed from the cluster.",
    );
  });

  it("goes on with a line where nobody is left to take it out", async () => {
    await unmake(1);
    await member.delete(stateOf(2).id, stateOf(2).outs);
    await expect
      .poll(() => member.output())
      .toMatch(
        /master-2: its etcd member was not removed \(.+\); going on\. If the cluster lives on, remove it there: talosctl etcd remove-member [0-9a-f]+/,
      );
  });
});

describe("a machine that died while it joined etcd", () => {
  beforeAll(() => open({ kubernetes: 3000 }), 60_000);
  afterAll(close);

  it("leaves a member without a name, which does not keep the next machine from joining", async () => {
    await make(1);
    await bootstrap.create(bootstrapInputs());
    await make(2);
    await lab.until("it learns", () => etcd().length === 2);
    await unmake(2);
    expect(etcd()).toEqual([...living(1), { name: "", dead: true }]);
    await make(2);
    await lab.until("its address is taken", () =>
      lab.world
        .summary()
        .nodes.some(({ problem }) => problem === "etcd: error adding member: etcdserver: Peer URLs already exists"),
    );
    await member.create(inputs(2, names(1, 2), { timeoutMinutes: 0.5 }));
    expect(etcd()).toEqual(living(1, 2));
    await expect.poll(() => member.output()).toContain("master-2: a dead member of etcd has its address; removing it");
  });
});
