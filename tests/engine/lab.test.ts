import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { begun, openWorldLab, state, type WorldLab } from "./harness";

/**
 * The real engine runs the real program over one simulated world, from nothing to nothing. The tests depend on each other in this
 * order: a cluster is built once for all of them.
 */
let lab: WorldLab;

beforeAll(async () => {
  lab = await openWorldLab();
});
afterAll(async () => {
  await lab.close();
});

const nodeNames = ["setup02-cluster-master-1", "setup02-cluster-worker-1"];

describe("the lab stack", () => {
  it("is previewed on an empty stack: creates only, and makes nothing", async () => {
    const outcome = await lab.engine.preview(lab.onEvent);
    expect(outcome.errors).toEqual([]);
    expect(outcome.ok).toBe(true);
    expect(Object.keys(outcome.changes)).toEqual(["create"]);
    expect(outcome.changes["create"]).toBeGreaterThan(30);
    expect(lab.world.remains()).toEqual([]);
    expect((await state(lab)).resources ?? []).toEqual([]);
  });

  it("is built", async () => {
    lab.events.length = 0;
    const outcome = await lab.engine.up(lab.onEvent);
    expect(outcome.errors).toEqual([]);
    expect(outcome.ok).toBe(true);
    const { nodes } = lab.world.summary();
    expect(nodes.map(({ name }) => name)).toEqual(expect.arrayContaining(nodeNames));
    expect(nodes.filter(({ place }) => place === "edge")).toHaveLength(1);
    expect(nodes.filter(({ ready }) => !ready)).toEqual([]);
  });

  it("hands out its nodes, their tailnet addresses and its credentials", async () => {
    const outputs = await lab.engine.outputs();
    const inWorld = lab.world.summary().nodes.map(({ name, role, place, tailnetAddress }) => ({
      name,
      role,
      place,
      address: tailnetAddress,
    }));
    expect(byName(outputs["nodes"] as { name: string }[])).toMatchObject(byName(inWorld));
    for (const { address } of inWorld) expect(address).toMatch(/^100\./);
    expect(outputs["endpoint"]).toBe("https://api.setup02.internal:6443");
    expect(outputs["kubeconfig"]).toContain("client-certificate-data:");
    expect(outputs["talosconfig"]).toContain("contexts:");
  });

  it("keeps no secret in clear", async () => {
    const exported = await lab.engine.exportState();
    const { kubeconfig } = (await lab.engine.outputs()) as { kubeconfig: string };
    const key = /client-key-data: (\S+)/.exec(kubeconfig)?.[1] ?? "";
    expect(key).toMatch(/^LS0t/);
    expect(secretsInClear(exported, key)).toEqual([]);
  });

  it("keeps nothing of this machine's ports", async () => {
    expect(await lab.engine.exportState()).not.toContain(new URL(lab.world.url).host);
  });

  it("is up to date at a second up", async () => {
    lab.events.length = 0;
    const outcome = await lab.engine.up(lab.onEvent, "--expect-no-changes");
    expect(outcome.errors).toEqual([]);
    expect(outcome.ok).toBe(true);
    expect(Object.keys(outcome.changes)).toEqual(["same"]);
  });

  it("is found as it should be by a refresh", async () => {
    const outcome = await lab.engine.refresh(lab.onEvent, "--expect-no-changes");
    expect(outcome.errors).toEqual([]);
    expect(outcome.ok).toBe(true);
  });

  it("is destroyed with nothing left", async () => {
    lab.events.length = 0;
    const outcome = await lab.engine.destroy(lab.onEvent);
    expect(outcome.errors).toEqual([]);
    expect(outcome.ok).toBe(true);
    expect(lab.world.remains()).toEqual([]);
    expect((await state(lab)).resources ?? []).toEqual([]);
    expect((await state(lab)).pending_operations ?? []).toEqual([]);
  });

  it("refuses a mistaken config in sentences, before any resource", async () => {
    lab.events.length = 0;
    lab.engine.setConfig("talos-cloud-edge:cluster", { name: "setup02", podCidr: "100.64.0.0/16" });
    const outcome = await lab.engine.up(lab.onEvent);
    expect(outcome.ok).toBe(false);
    const text = outcome.errors.join("\n");
    expect(text).toContain("podCidr");
    expect(text).toMatch(/\.$/);
    expect(text).not.toMatch(/^\s+at /m);
    expect(text).not.toContain("unhandled exception");
    expect(begun(lab, "create").filter((urn) => !urn.includes("pulumi:pulumi:Stack"))).toEqual([]);
    expect(lab.world.remains()).toEqual([]);
  });
});

function byName<T extends { name: string }>(nodes: T[]): T[] {
  return [...nodes].sort((a, b) => a.name.localeCompare(b.name));
}

/** What of an exported state must not be readable, with a little of what surrounds it. */
function secretsInClear(exported: string, kubeconfigKey: string): string[] {
  const pem = ["RSA ", "EC ", "ED25519 ", ""].map((kind) => `-----BEGIN ${kind}PRIVATE KEY`);
  // Cut to whole groups of three bytes, whose base64 doesn't depend on what follows.
  const base64 = pem.map((header) =>
    Buffer.from(header.slice(0, header.length - (header.length % 3))).toString("base64"),
  );
  return ["tskey-auth-", kubeconfigKey, ...pem, ...base64].flatMap((secret) => {
    const at = exported.indexOf(secret);
    return at < 0 ? [] : [exported.slice(Math.max(0, at - 200), at + 40)];
  });
}
