import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { type DynamicProvider, serialisedProvider, startDynamicProvider } from "../http/dynamicProvider";
import { type FakeServer, fakeServer, type Received, type Reply } from "../http/fakeServer";

const keyMadeAt = "2026-05-01T12:00:00Z";

function device(overrides: Record<string, unknown>): Record<string, unknown> {
  return {
    id: "1001",
    nodeId: "nNew1CNTRL",
    name: "talos-edge-1.tail1234.ts.net",
    hostname: "talos-edge-1",
    created: "2026-05-01T12:03:00Z",
    lastSeen: "2026-05-01T12:04:00Z",
    authorized: true,
    tags: ["tag:k8s-edge"],
    addresses: ["100.101.102.103", "fd7a:115c:a1e0::1"],
    ...overrides,
  };
}

const stale = device({ nodeId: "nOld1CNTRL", created: "2026-04-01T00:00:00Z", addresses: ["100.64.0.9"] });

const inputs = {
  hostname: "talos-edge-1",
  incarnation: "0a1b2c3d",
  machineId: "4711",
  joinTimeoutMinutes: 0.01,
  tag: "tag:k8s-edge",
  notBefore: keyMadeAt,
};

let text = "";
let server: FakeServer;
let shared: DynamicProvider;
let answerWith: (request: Received) => Reply | undefined;

/** The provider with this configuration; its process is shared by all tests that bring none. */
async function start(
  answer: (request: Received) => Reply | undefined,
  config?: Record<string, string>,
): Promise<DynamicProvider> {
  answerWith = answer;
  server.received.length = 0;
  if (config === undefined) {
    return shared;
  }
  const own = await startDynamicProvider(text, { NO_PROXY: "127.0.0.1" });
  onTestFinished(() => {
    own.stop();
  });
  await own.configure({ "tailscale:baseUrl": server.url, ...config });
  return own;
}

beforeAll(async () => {
  text = serialisedProvider("components/tailnet/deviceProvider.ts", "(module) => module.createDeviceProvider()");
  server = await fakeServer((request) => answerWith(request));
  shared = await startDynamicProvider(text, { NO_PROXY: "127.0.0.1" });
  await shared.configure({ "tailscale:baseUrl": server.url, "tailscale:apiKey": "tskey-api-secret" });
});

afterAll(async () => {
  shared.stop();
  await server.close();
});

describe("the tailnet device's provider, serialised and run by the SDK", () => {
  it("waits for the new device and leaves the dead one of the same name alone", async () => {
    let lists = 0;
    const running = await start(() => {
      lists += 1;
      return { status: 200, body: { devices: lists < 3 ? [stale] : [stale, device({})] } };
    });

    const created = await running.create({ ...inputs, joinTimeoutMinutes: 1 });

    expect(created).toEqual({
      id: "nNew1CNTRL",
      outs: {
        ...inputs,
        joinTimeoutMinutes: 1,
        address: "100.101.102.103",
        deviceId: "nNew1CNTRL",
        dnsName: "talos-edge-1.tail1234.ts.net",
      },
    });
    expect(lists).toBe(3);
    expect(server.received[0]).toMatchObject({
      method: "GET",
      path: "/api/v2/tailnet/-/devices",
      headers: { authorization: "Bearer tskey-api-secret" },
    });
  });

  it.each([
    ["no device", [], /talos-edge-1 did not join .* within 0.01 min: no device of this name\. Look at its console/],
    ["only a dead one", [stale], /no new device of this name, only one older device\. Look at its console/],
    ["one not approved", [device({ authorized: false })], /nNew1CNTRL waits for approval by an admin .* Approve it at/],
    [
      "one with another tag",
      [device({ tags: ["tag:web"] })],
      /nNew1CNTRL carries tag:web, not tag:k8s-edge\. Check the tag's owners/,
    ],
  ])("ends with a diagnosis: %s", async (_case, devices, message) => {
    const running = await start(() => ({ status: 200, body: { devices } }));
    await expect(running.create(inputs)).rejects.toThrow(message);
  });

  /** Asks for a longer pause than the client makes, which ends its attempts. */
  const outOfOrder: Reply = { status: 503, headers: { "retry-after": "60" } };

  it("goes on waiting when Tailscale is out of order for a while", async () => {
    const answers: (Reply | undefined)[] = [outOfOrder, { status: 200, body: { devices: [] } }, outOfOrder];
    const running = await start(() => answers.shift() ?? { status: 200, body: { devices: [device({})] } });
    expect((await running.create({ ...inputs, joinTimeoutMinutes: 1 })).id).toBe("nNew1CNTRL");
    expect(server.received).toHaveLength(4);
  });

  it("says what was seen last, or that nothing could be seen", async () => {
    const answers: Reply[] = [{ status: 200, body: { devices: [] } }];
    const running = await start(() => answers.shift() ?? outOfOrder);
    await expect(running.create({ ...inputs, joinTimeoutMinutes: 0.02 })).rejects.toThrow(
      "talos-edge-1 did not join the tailnet within 0.02 min: no device of this name. Look at its console",
    );
    await expect(running.create(inputs)).rejects.toThrow(
      "In 0.01 min it could not be seen whether talos-edge-1 joined the tailnet: Tailscale's API is out of reach or out of " +
        `order (GET ${server.url}/api/v2/tailnet/-/devices: HTTP 503). Run this again once it answers.`,
    );
  });

  it("takes an OAuth client, for the tailnet that is named", async () => {
    const running = await start(
      (request) =>
        request.path.endsWith("/oauth/token")
          ? { status: 200, body: { access_token: "token-1" } }
          : { status: 200, body: { devices: [device({})] } },
      {
        "tailscale:oauthClientId": "k1",
        "tailscale:oauthClientSecret": "tskey-client-x",
        "tailscale:tailnet": "example.com",
      },
    );

    await running.create(inputs);

    expect(server.received.map((request) => `${request.method} ${request.path}`)).toEqual([
      "POST /api/v2/oauth/token",
      "GET /api/v2/tailnet/example.com/devices",
    ]);
    expect(server.received[0]?.body).toBe("client_id=k1&client_secret=tskey-client-x&grant_type=client_credentials");
    expect(server.received[1]?.headers.authorization).toBe("Bearer token-1");
  });

  it("says which credentials are missing", async () => {
    const running = await start(() => ({ status: 200 }), {});
    await expect(running.create(inputs)).rejects.toThrow(
      "No credentials for the Tailscale API. Set tailscale:oauthClientId",
    );
  });

  it("does not say a refused key's value", async () => {
    const running = await start(() => ({ status: 401, body: { message: "API token invalid" } }));
    const error = await running.create(inputs).catch((reason: unknown) => String(reason));
    expect(error).toContain("Tailscale does not list the tailnet's devices: HTTP 401: API token invalid.");
    expect(error).not.toContain("tskey-api-secret");
  });

  it("is the same text every time, so that nothing changes without a change", () => {
    const again = serialisedProvider(
      "components/tailnet/deviceProvider.ts",
      "(module) => module.createDeviceProvider()",
    );
    expect(again).toBe(text);
  });

  it("reads the device, and knows one that is gone", async () => {
    let there = true;
    const running = await start(() =>
      there ? { status: 200, body: device({ addresses: ["100.64.1.1"] }) } : { status: 404 },
    );
    const state = { ...inputs, address: "100.101.102.103", deviceId: "nNew1CNTRL", dnsName: "x" };

    expect(await running.read("nNew1CNTRL", state)).toEqual({
      id: "nNew1CNTRL",
      props: { ...state, address: "100.64.1.1", dnsName: "talos-edge-1.tail1234.ts.net" },
    });
    there = false;
    expect((await running.read("nNew1CNTRL", state)).id).toBe("");
  });

  it("deletes the device; one that is gone is fine, a refusal is not", async () => {
    const answers: Reply[] = [{ status: 200 }, { status: 404 }, { status: 403, body: { message: "not allowed" } }];
    const running = await start(() => answers.shift() ?? outOfOrder);

    const state = { ...inputs, deviceId: "nNew1CNTRL" };
    await running.delete("nNew1CNTRL", state);
    await running.delete("nNew1CNTRL", state);
    await expect(running.delete("nNew1CNTRL", state)).rejects.toThrow(
      "Tailscale does not delete the device nNew1CNTRL: HTTP 403: not allowed.",
    );
    await expect(running.delete("nNew1CNTRL", state)).rejects.toThrow(
      `(DELETE ${server.url}/api/v2/device/nNew1CNTRL: HTTP 503). Run this again once it answers.`,
    );
    expect(server.received[0]).toMatchObject({ method: "DELETE", path: "/api/v2/device/nNew1CNTRL" });
  });

  it("deletes what has joined with the key of a machine that was not seen to join", async () => {
    const running = await start((request) =>
      request.method === "GET" ? { status: 200, body: { devices: [stale, device({})] } } : { status: 200 },
    );
    await running.delete("talos-edge-1-0a1b", { ...inputs, deviceId: "" });
    expect(server.received.map(({ method, path }) => `${method} ${path}`)).toEqual([
      "GET /api/v2/tailnet/-/devices",
      "DELETE /api/v2/device/nNew1CNTRL",
    ]);
  });

  it("keeps a machine that was not seen to join as it is, without a look", async () => {
    const running = await start(() => undefined);
    const state = { ...inputs, address: "", deviceId: "", dnsName: "" };
    expect(await running.read("talos-edge-1-0a1b", state)).toEqual({ id: "talos-edge-1-0a1b", props: state });
    expect(server.received).toEqual([]);
  });

  it.each([
    [{}, { changes: false, replaces: [] }],
    [{ joinTimeoutMinutes: 20 }, { changes: true, replaces: [] }],
    [
      { notBefore: "2026-05-02T00:00:00Z", tag: "tag:other" },
      { changes: false, replaces: [] },
    ],
    [{ incarnation: "ffffffff" }, { changes: true, replaces: ["incarnation"] }],
    [
      { machineId: "4712", hostname: "b" },
      { changes: true, replaces: ["hostname", "machineId"] },
    ],
  ])("sees what a change of %j means", async (change, expected) => {
    const running = await start(() => ({ status: 500 }));
    const olds = { ...inputs, address: "100.64.0.1", deviceId: "n1", dnsName: "x" };
    expect(await running.diff("n1", olds, { ...inputs, ...change })).toEqual({
      ...expected,
      deleteBeforeReplace: true,
    });
  });

  it("takes over new inputs without waiting when the device works", async () => {
    const running = await start((request) =>
      request.path === "/api/v2/device/nNew1CNTRL" ? { status: 200, body: device({}) } : { status: 500 },
    );
    const olds = { ...inputs, deviceId: "nNew1CNTRL" };
    const outs = await running.update("nNew1CNTRL", olds, { ...inputs, joinTimeoutMinutes: 30 });
    expect(outs).toMatchObject({ joinTimeoutMinutes: 30, address: "100.101.102.103" });
  });
});
