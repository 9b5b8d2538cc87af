import { afterEach, beforeEach, describe, expect, it } from "vitest";
import * as c from "./cluster";
import type { Json } from "./lab";
import { Lab } from "./lab";

let lab: Lab;
beforeEach(async () => {
  lab = await Lab.start();
});
afterEach(async () => {
  await lab.stop();
});

const TAG = "tag:k8s-worker";

async function boot(name: string, networkIp: string, key: string, tag = TAG): Promise<void> {
  const config = c.machineConfig(new c.Secrets(), {
    role: "worker",
    name: "worker-1",
    authKey: key,
    tag,
    endpoint: ["10.1.0.2"],
  });
  await c.cloudNode(lab, name, networkIp, config);
}

const problemOf = (index: number) => lab.world.summary().nodes[index]?.problem ?? "";

describe("the lab's tailnet", () => {
  it("wants credentials, and gives OAuth tokens", async () => {
    const url = "https://api.tailscale.com/api/v2/tailnet/-/devices";
    expect(await lab.https(url)).toMatchObject({ status: 401, body: { message: "API token invalid" } });
    const headers = { "content-type": "application/x-www-form-urlencoded" };
    const token = (secret: string) =>
      lab.https("https://api.tailscale.com/api/v2/oauth/token", {
        method: "POST",
        headers,
        body: `client_id=k1&client_secret=${secret}`,
      });
    expect((await token("tskey-client-other")).status).toBe(401);
    const { access_token } = (await token("tskey-client-lab")).body as { access_token: string };
    expect(await lab.https(url, { headers: { authorization: `Bearer ${access_token}` } })).toMatchObject({
      status: 200,
      body: { devices: [] },
    });
  });

  it("shows a key's secret once, and only keys whose tags are owned", async () => {
    const made = await c.authKey(lab, TAG);
    expect(made.key).toMatch(new RegExp(`^tskey-auth-${made.id}-`));
    const shown = await lab.tailscale("GET", `tailnet/-/keys/${made.id}`);
    expect(shown).not.toHaveProperty("key");
    expect(shown).toMatchObject({
      id: made.id,
      expirySeconds: 600,
      capabilities: { devices: { create: { tags: [TAG], preauthorized: true } } },
    });
    await expect(c.authKey(lab, "tag:unknown")).rejects.toThrow(
      "requested tags [tag:unknown] are invalid or not permitted",
    );
  });

  it("takes a one-shot key once", async () => {
    await c.cloud(lab);
    const { id, key } = await c.authKey(lab, TAG);
    await boot("a", "10.1.0.3", key);
    await c.joined(lab, "worker-1");
    expect(await lab.tailscale("GET", `tailnet/-/keys/${id}`)).toMatchObject({ invalid: true });
    await boot("b", "10.1.0.4", key);
    await lab.until("the second machine is refused", () =>
      lab.world.summary().nodes.some((node) => node.problem?.includes(`API key ${id} not valid`)),
    );
    expect(await c.devices(lab)).toHaveLength(1);
  });

  it.each([
    ["revoked", async (id: string) => lab.tailscale("DELETE", `tailnet/-/keys/${id}`), TAG, "not valid"],
    [
      "for another tag",
      () => Promise.resolve(),
      "tag:k8s-edge",
      "requested tags [tag:k8s-edge] are invalid or not permitted",
    ],
  ])("refuses a machine whose key is %s", async (_what, prepare, tag, message) => {
    await c.cloud(lab);
    const { id, key } = await c.authKey(lab, TAG);
    await prepare(id);
    await boot("a", "10.1.0.3", key, tag);
    await lab.until("the machine complains", () => problemOf(0).includes(message));
    expect(await c.devices(lab)).toEqual([]);
  });

  it("keeps the device of a machine that is gone, and numbers the name of the next", async () => {
    await c.cloud(lab);
    await boot("a", "10.1.0.3", (await c.authKey(lab, TAG)).key);
    const first = await c.joined(lab, "worker-1");
    await lab.rpc("gcp.delete", {
      token: "gcp:compute/instance:Instance",
      id: "projects/talos-lab/zones/europe-west3-a/instances/a",
    });
    expect(await c.devices(lab)).toMatchObject([{ connectedToControl: false }]);
    await boot("b", "10.1.0.3", (await c.authKey(lab, TAG)).key);
    await lab.until("two devices", async () => (await c.devices(lab)).length === 2);
    const [old, fresh] = await c.devices(lab);
    expect(fresh).toMatchObject({ hostname: "worker-1", name: "worker-1-1.tail1ab.ts.net", connectedToControl: true });
    expect(fresh?.addresses[0]).not.toBe(first);
    await lab.tailscale("DELETE", `device/${old?.nodeId ?? ""}`);
    expect(await c.devices(lab)).toHaveLength(1);
    await expect(lab.tailscale("GET", `device/${old?.nodeId ?? ""}`)).rejects.toThrow("404");
  });

  it("takes a device that is not preauthorized offline until somebody approves it", async () => {
    await c.cloud(lab);
    const { key } = await c.authKey(lab, TAG, { preauthorized: false });
    await boot("a", "10.1.0.3", key);
    await c.joined(lab, "worker-1");
    const [device] = await c.devices(lab);
    expect(device).toMatchObject({ authorized: false, connectedToControl: false });
    await lab.tailscale("POST", `device/${device?.nodeId ?? ""}/authorized`, { authorized: true });
    expect(await c.devices(lab)).toMatchObject([{ authorized: true, connectedToControl: true }]);
  });

  it("stores a policy that holds together", async () => {
    const policy: Json = {
      tagOwners: { "tag:x": ["autogroup:admin"] },
      grants: [{ src: ["tag:x"], dst: ["tag:x"], ip: ["*"] }],
    };
    expect(await lab.tailscale("POST", "tailnet/-/acl", policy)).toEqual(policy);
    await c.authKey(lab, "tag:x");
    await expect(c.authKey(lab, TAG)).rejects.toThrow("not permitted");
    await expect(lab.tailscale("POST", "tailnet/-/acl", { ...policy, tagOwners: {} })).rejects.toThrow(
      'tag not found: \\"tag:x\\"',
    );
    const text = '// comment\n{"tagOwners": {"tag:y": ["https://example.com/x"],},}';
    const answer = await lab.https("https://api.tailscale.com/api/v2/tailnet/-/acl/validate", {
      method: "POST",
      body: text,
      headers: { authorization: `Basic ${Buffer.from("tskey-api-lab:").toString("base64")}` },
    });
    expect(answer).toEqual({ status: 200, body: {} });
  });
});
