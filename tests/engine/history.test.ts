import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { begun, openWorldLab, readyNodes, state, type WorldLab } from "./harness";

/** What a stack makes of its own past: the tests depend on each other in this order, on one cluster. */
let lab: WorldLab;
const worker = "setup02-cluster-worker-1";

beforeAll(async () => {
  lab = await openWorldLab();
  const outcome = await lab.engine.up(lab.onEvent);
  expect(outcome.errors).toEqual([]);
});
afterAll(async () => {
  await lab.close();
});

async function idOf(name: string): Promise<string> {
  const held = (await state(lab)).resources ?? [];
  return held.find(({ urn }) => urn.endsWith(`::${name}`))?.id ?? "";
}

/** Something happens to the cloud that Pulumi knows nothing of. */
async function behindPulumisBack(method: string, params: object): Promise<void> {
  const answer = await fetch(`${lab.world.url}/rpc/${method}`, { method: "POST", body: JSON.stringify(params) });
  expect(answer.status).toBe(200);
}

describe("a stack with a past", () => {
  it.each(["preview", "up"] as const)("refuses to move what is for its life, in a %s", async (operation) => {
    lab.events.length = 0;
    lab.engine.setConfig("talos-cloud-edge:cloud", { region: "europe-west4" });
    const outcome = await lab.engine[operation](lab.onEvent);
    expect(outcome.ok).toBe(false);
    expect(outcome.errors).toEqual([
      "talos-cloud-edge:cloud.region is europe-west4, but this stack's cluster was built with europe-west3, which stays for its life; " +
        "write europe-west3, or build another cluster in a stack of its own.",
    ]);
    expect(["create", "update", "replace", "delete"].flatMap((step) => begun(lab, step))).toEqual([]);
  });

  it("makes a machine that was lost anew, with a key of its own, and leaves the others alone", async () => {
    await lab.engine.prepareStack();
    const id = await idOf(`${worker}-machine-instance`);
    await behindPulumisBack("gcp.delete", { token: "gcp:compute/instance:Instance", id });
    expect(readyNodes(lab)).not.toContain(worker);
    expect((await lab.engine.refresh(lab.onEvent)).errors).toEqual([]);

    lab.events.length = 0;
    const outcome = await lab.engine.up(lab.onEvent);
    expect(outcome.errors).toEqual([]);
    expect(readyNodes(lab)).toContain(worker);
    const machines = ["create", "replace", "create-replacement"].flatMap((step) => begun(lab, step));
    expect(machines.filter((urn) => /instance|domain|device|key/.test(urn) && !urn.includes(worker))).toEqual([]);
    expect((await lab.engine.up(lab.onEvent, "--expect-no-changes")).errors).toEqual([]);
  });

  it("is destroyed with nothing left", async () => {
    expect((await lab.engine.destroy(lab.onEvent)).errors).toEqual([]);
    expect(lab.world.remains()).toEqual([]);
  });
});
