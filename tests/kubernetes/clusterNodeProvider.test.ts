import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type DynamicProvider, serialisedProvider, startDynamicProvider } from "../http/dynamicProvider";
import { type FakeServer, fakeServer, type Received, type Reply } from "../http/fakeServer";
import { type TlsFixture, tlsFixture } from "../http/tlsFixture";

const address = "100.64.0.7";

interface NodeShape {
  internalIp?: string;
  ready?: [string, string];
  vtep?: string;
  podCidr?: string;
  resourceVersion?: string;
}

function node(shape: NodeShape = {}): Record<string, unknown> {
  const { internalIp = address, ready = ["True", "kubelet is posting ready status"], vtep = address } = shape;
  return {
    metadata: {
      name: "talos-edge-1",
      uid: "u-1",
      resourceVersion: shape.resourceVersion ?? "1",
      annotations: vtep === "" ? {} : { "flannel.alpha.coreos.com/public-ip": vtep },
    },
    spec: { podCIDR: shape.podCidr ?? "10.244.2.0/24" },
    status: {
      conditions: [
        { type: "MemoryPressure", status: "False" },
        { type: "Ready", status: ready[0], message: ready[1] },
      ],
      addresses: [
        { type: "Hostname", address: "talos-edge-1" },
        ...(internalIp === "" ? [] : [{ type: "InternalIP", address: internalIp }]),
      ],
      nodeInfo: { kubeletVersion: "v1.35.0" },
    },
  };
}

const facts = { podCidr: "10.244.2.0/24", vtep: address, kubeletVersion: "v1.35.0" };

function pod(name: string, metadata: Record<string, unknown> = {}, phase = "Running"): unknown {
  return { metadata: { namespace: "apps", name, ...metadata }, status: { phase } };
}

const base64 = (text: string): string => Buffer.from(text).toString("base64");

let provider: DynamicProvider;
let server: FakeServer;
let fixture: TlsFixture | undefined;
let answer: (request: Received) => Reply | undefined;
let inputs: Record<string, unknown>;

const bounds = "{ evictMs: 300, leaveMs: 300, pauseMs: 50, unreachableMs: 200 }";

beforeAll(async () => {
  const text = serialisedProvider(
    "components/kubernetes/clusterNodeProvider.ts",
    `(module) => module.createClusterNodeProvider(${bounds})`,
  );
  fixture = await tlsFixture({ answer: () => ({ status: 200, body: node() }) });
  provider = await startDynamicProvider(text, { NO_PROXY: "127.0.0.1", HTTPS_PROXY: fixture.proxy });
  await provider.configure({});
});

afterAll(async () => {
  provider.stop();
  await fixture?.close();
});

beforeEach(async () => {
  server = await fakeServer((request) => answer(request));
  inputs = {
    nodeName: "talos-edge-1",
    address,
    machineId: "4711",
    timeoutMinutes: 0.005,
    client: { host: server.url, caCertificate: "", clientCertificate: "", clientKey: "" },
  };
});

afterEach(async () => {
  await server.close();
});

const calls = (): string[] => server.received.map((request) => `${request.method} ${request.path}`);

describe("creating a cluster's Node", () => {
  it("goes through the proxy with the client certificate, as base64 like the Talos provider's", async () => {
    if (fixture === undefined) {
      throw new Error("no fixture");
    }
    const client = {
      host: fixture.host,
      caCertificate: base64(fixture.tls.ca),
      clientCertificate: base64(fixture.tls.cert),
      clientKey: base64(fixture.tls.key),
    };
    const created = await provider.create({ ...inputs, client });
    expect(created).toEqual({ id: "talos-edge-1", outs: { ...inputs, client, ...facts } });
    expect(fixture.targets).toEqual(["100.64.0.1:6443"]);
    expect(fixture.clients).toEqual(["admin"]);
  });

  it("waits until the Node is ready over the tailnet", async () => {
    const steps: Reply[] = [
      { status: 503 },
      { status: 404, body: { message: 'nodes "talos-edge-1" not found' } },
      { status: 200, body: node({ ready: ["False", "container runtime network not ready"] }) },
      { status: 200, body: node({ vtep: "" }) },
    ];
    answer = () => steps.shift() ?? { status: 200, body: node() };
    const created = await provider.create({ ...inputs, timeoutMinutes: 1 });
    expect(created.outs).toMatchObject(facts);
    expect(calls()).toEqual(Array<string>(5).fill("GET /api/v1/nodes/talos-edge-1"));
  });

  it.each<[string, Reply | undefined, string]>([
    ["no Node", { status: 404 }, "no Node of this name has registered"],
    [
      "a kubelet in trouble",
      { status: 200, body: node({ ready: ["False", "CNI not initialized"] }) },
      "it is NotReady: CNI not initialized.",
    ],
    [
      "a silent kubelet",
      { status: 200, body: node({ ready: ["Unknown", "Kubelet stopped posting node status."] }) },
      "it is NotReady: Kubelet stopped",
    ],
    [
      "a LAN address",
      { status: 200, body: node({ internalIp: "10.0.20.10" }) },
      "it has the InternalIP 10.0.20.10 instead of its tailnet address 100.64.0.7",
    ],
    [
      "no address",
      { status: 200, body: node({ internalIp: "" }) },
      "it has no InternalIP instead of its tailnet address",
    ],
    [
      "Flannel on the LAN",
      { status: 200, body: node({ vtep: "10.0.20.10" }) },
      "its Flannel VTEP is 10.0.20.10 instead of 100.64.0.7: Flannel does not run on tailscale0",
    ],
    ["no Flannel", { status: 200, body: node({ vtep: "" }) }, "Flannel has not announced a VTEP"],
    ["no pod addresses", { status: 200, body: node({ podCidr: "" }) }, "it has no podCIDR yet"],
    [
      "no right",
      { status: 403, body: { message: "nodes is forbidden" } },
      "the API server answers HTTP 403: nodes is forbidden",
    ],
    ["no API", undefined, "the API server does not answer (GET http"],
  ])("ends with a diagnosis: %s", async (_case, reply, message) => {
    answer = () => reply;
    const error: unknown = await provider.create(inputs).catch((reason: unknown) => reason);
    expect(String(error)).toContain("talos-edge-1 was not ready within 0.005 min: ");
    expect(String(error)).toContain(message);
    // The engine is told the id, so that a destroy removes a Node that comes later.
    expect(
      String((error as { metadata: { get(key: string): unknown[] } }).metadata.get("grpc-status-details-bin")[0]),
    ).toContain("ErrorResourceInitFailed");
  });
});

describe("reading, comparing and updating it", () => {
  it("takes over what changed, knows a Node that is gone, and keeps the state when the API is away", async () => {
    const state = { ...inputs, ...facts };
    answer = () => ({ status: 200, body: node({ vtep: "10.0.20.10" }) });
    expect(await provider.read("talos-edge-1", state)).toEqual({
      id: "talos-edge-1",
      props: { ...state, vtep: "10.0.20.10" },
    });
    answer = () => ({ status: 404 });
    expect((await provider.read("talos-edge-1", state)).id).toBe("");
    answer = () => undefined;
    expect(await provider.read("talos-edge-1", state)).toEqual({ id: "talos-edge-1", props: state });
    expect(provider.output()).toContain("talos-edge-1: the API server is out of reach");
  });

  it.each<[string, Record<string, unknown>, Record<string, unknown>, unknown]>([
    ["nothing", {}, {}, { changes: false, replaces: [] }],
    [
      "a renewed certificate",
      {},
      { client: { host: "h", caCertificate: "", clientCertificate: "new", clientKey: "" } },
      { changes: true, replaces: [] },
    ],
    ["another machine", {}, { machineId: "4712" }, { changes: true, replaces: ["machineId"] }],
    ["another name", {}, { nodeName: "b" }, { changes: true, replaces: ["nodeName"] }],
    ["a strayed VTEP", { vtep: "10.0.20.10" }, {}, { changes: true, replaces: [] }],
  ])("sees what it means: %s", async (_case, oldChange, change, expected) => {
    const olds = { ...inputs, ...facts, ...oldChange };
    expect(await provider.diff("talos-edge-1", olds, { ...inputs, ...change })).toEqual({
      ...(expected as object),
      deleteBeforeReplace: true,
    });
  });

  it("waits again on an update", async () => {
    answer = () => ({ status: 200, body: node() });
    expect(await provider.update("talos-edge-1", { ...inputs, ...facts, vtep: "10.0.20.10" }, inputs)).toEqual({
      ...inputs,
      ...facts,
    });
  });
});

describe("deleting it", () => {
  it("cordons, evicts what does not belong to the Node, and deletes the Node", async () => {
    let evicted = false;
    answer = (request) => {
      if (request.path.endsWith("/eviction")) {
        evicted = true;
        return { status: 201, body: {} };
      }
      if (request.path.startsWith("/api/v1/pods")) {
        const fixed = [
          pod("flannel", { ownerReferences: [{ kind: "DaemonSet" }] }),
          pod("apiserver", { annotations: { "kubernetes.io/config.mirror": "x" } }),
          pod("done", {}, "Succeeded"),
        ];
        return {
          status: 200,
          body: { items: evicted ? fixed : [...fixed, pod("web", { ownerReferences: [{ kind: "ReplicaSet" }] })] },
        };
      }
      return { status: 200, body: node() };
    };
    await provider.delete("talos-edge-1", { ...inputs, ...facts });
    expect(calls()).toEqual([
      "GET /api/v1/nodes/talos-edge-1",
      "PATCH /api/v1/nodes/talos-edge-1",
      "GET /api/v1/pods?fieldSelector=spec.nodeName%3Dtalos-edge-1",
      "POST /api/v1/namespaces/apps/pods/web/eviction",
      "GET /api/v1/pods?fieldSelector=spec.nodeName%3Dtalos-edge-1",
      "GET /api/v1/nodes/talos-edge-1",
      "DELETE /api/v1/nodes/talos-edge-1",
    ]);
    expect(server.received[1]).toMatchObject({
      body: '{"spec":{"unschedulable":true}}',
      headers: { "content-type": "application/merge-patch+json" },
    });
    expect(JSON.parse(server.received[3]?.body ?? "")).toEqual({
      apiVersion: "policy/v1",
      kind: "Eviction",
      metadata: { name: "web", namespace: "apps" },
    });
  });

  it("heeds a PodDisruptionBudget for a while, then deletes the pod", async () => {
    let deleted = false;
    answer = (request) => {
      if (request.path.endsWith("/eviction")) {
        return { status: 429, body: { message: "would violate the budget" } };
      }
      if (request.path === "/api/v1/namespaces/apps/pods/db-0") {
        deleted = true;
        return { status: 200, body: {} };
      }
      return request.path.startsWith("/api/v1/pods")
        ? { status: 200, body: { items: deleted ? [] : [pod("db-0")] } }
        : { status: 200, body: node() };
    };
    await provider.delete("talos-edge-1", { ...inputs, ...facts });
    const evictions = calls().filter((call) => call.endsWith("/eviction")).length;
    expect(evictions).toBeGreaterThan(2);
    expect(evictions).toBeLessThan(12);
    expect(calls().slice(-4)).toEqual([
      "DELETE /api/v1/namespaces/apps/pods/db-0",
      "GET /api/v1/pods?fieldSelector=spec.nodeName%3Dtalos-edge-1",
      "GET /api/v1/nodes/talos-edge-1",
      "DELETE /api/v1/nodes/talos-edge-1",
    ]);
    expect(provider.output()).toContain("talos-edge-1: deleting what a PodDisruptionBudget kept: apps/db-0");
  });

  it("does not wait for the pods of a dead kubelet", async () => {
    answer = (request) => {
      if (request.path.startsWith("/api/v1/pods")) {
        return { status: 200, body: { items: [pod("web")] } };
      }
      return request.path.endsWith("/eviction")
        ? { status: 201, body: {} }
        : { status: 200, body: node({ ready: ["Unknown", "stopped"] }) };
    };
    await provider.delete("talos-edge-1", { ...inputs, ...facts });
    expect(calls().filter((call) => call.startsWith("GET /api/v1/pods"))).toHaveLength(1);
    expect(calls().at(-1)).toBe("DELETE /api/v1/nodes/talos-edge-1");
  });

  it("deletes the Node only as it was last seen", async () => {
    let deletes = 0;
    answer = (request) => {
      if (request.path.startsWith("/api/v1/pods")) return { status: 200, body: { items: [] } };
      if (request.method !== "DELETE") return { status: 200, body: node({ resourceVersion: String(7 + deletes) }) };
      deletes++;
      return deletes === 1 ? { status: 409, body: { message: "it has changed" } } : { status: 200, body: {} };
    };
    await provider.delete("talos-edge-1", { ...inputs, ...facts });
    const sent = server.received
      .filter(({ method }) => method === "DELETE")
      .map(({ body }) => JSON.parse(body) as unknown);
    expect(sent).toEqual(
      ["7", "8"].map((resourceVersion) => ({
        apiVersion: "v1",
        kind: "DeleteOptions",
        preconditions: { uid: "u-1", resourceVersion },
      })),
    );
  });

  it("leaves a Node alone that another machine has taken over", async () => {
    answer = () => ({ status: 200, body: node({ internalIp: "100.64.0.99" }) });
    await provider.delete("talos-edge-1", { ...inputs, ...facts });
    expect(calls()).toEqual(["GET /api/v1/nodes/talos-edge-1"]);
  });

  it("lets a Node be used again that another machine takes over while it is drained", async () => {
    let drained = false;
    answer = (request) => {
      if (request.path.startsWith("/api/v1/pods")) {
        drained = true;
        return { status: 200, body: { items: [] } };
      }
      return { status: 200, body: drained ? node({ internalIp: "100.64.0.99" }) : node() };
    };
    await provider.delete("talos-edge-1", { ...inputs, ...facts });
    expect(calls().at(-1)).toBe("PATCH /api/v1/nodes/talos-edge-1");
    expect(server.received.at(-1)?.body).toBe('{"spec":{"unschedulable":false}}');
  });

  it("deletes a Node that never had its tailnet address", async () => {
    answer = (request) =>
      request.path.startsWith("/api/v1/pods")
        ? { status: 200, body: { items: [] } }
        : { status: 200, body: node({ internalIp: "10.0.10.2" }) };
    await provider.delete("talos-edge-1", { ...inputs, ...facts });
    expect(calls().at(-1)).toBe("DELETE /api/v1/nodes/talos-edge-1");
  });

  it("is done when the Node is gone", async () => {
    answer = () => ({ status: 404 });
    await provider.delete("talos-edge-1", { ...inputs, ...facts });
    expect(calls()).toEqual(["GET /api/v1/nodes/talos-edge-1"]);
  });

  it("goes on, and says so, when the API stays out of reach", async () => {
    const client = { host: "http://127.0.0.1:1", caCertificate: "", clientCertificate: "", clientKey: "" };
    await provider.delete("talos-edge-1", { ...inputs, ...facts, client });
    expect(provider.output()).toContain(
      "going on without removing the Node. If the cluster lives on, remove it there: kubectl delete node talos-edge-1",
    );
  });

  it("goes on, and says so, when the API stays out of order", async () => {
    answer = () => ({
      status: 500,
      body: { message: "etcdserver: request timed out" },
      headers: { "retry-after": "60" },
    });
    await provider.delete("talos-edge-1", { ...inputs, ...facts });
    expect(provider.output()).toContain(
      "out of order (The Node talos-edge-1 cannot be read: HTTP 500: etcdserver: request timed out.); going on without",
    );
  });

  it("cordons once more when the API was out of order", async () => {
    let cordons = 0;
    answer = ({ method, path }) => {
      if (method === "PATCH" && ++cordons === 1) return { status: 503 };
      return { status: 200, body: path.startsWith("/api/v1/pods") ? { items: [] } : node() };
    };
    await provider.delete("talos-edge-1", { ...inputs, ...facts });
    expect(calls().filter((call) => call.startsWith("PATCH"))).toHaveLength(2);
    expect(calls().at(-1)).toBe("DELETE /api/v1/nodes/talos-edge-1");
  });

  it("fails when the API refuses", async () => {
    answer = () => ({ status: 401, body: { message: "Unauthorized" } });
    await expect(provider.delete("talos-edge-1", { ...inputs, ...facts })).rejects.toThrow(
      "The Node talos-edge-1 cannot be read: HTTP 401: Unauthorized.",
    );
  });
});
