import * as http from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { collectionPath, kindRef, objectId, objectName, plural } from "../../../lab/plugins/kubernetes/kinds";
import { readKubeconfig } from "../../../lab/plugins/kubernetes/kubeconfig";
import { inputsFromLive, inputsOfImport, mergePatch } from "../../../lab/plugins/kubernetes/manifest";
import { named } from "../../../lab/plugins/kubernetes/naming";
import { KubernetesProvider } from "../../../lab/plugins/kubernetes/provider";
import { expectsEndpoints, readiness } from "../../../lab/plugins/kubernetes/readiness";
import { EngineLog } from "../../../lab/plugins/protocol/engineLog";
import { NotReady } from "../../../lab/plugins/protocol/provider";
import type { Properties } from "../../../lab/plugins/protocol/values";

const run = { preview: false, signal: new AbortController().signal, log: new EngineLog(undefined) };

describe("paths", () => {
  it.each([
    ["kubernetes:core/v1:Namespace", "/api/v1/namespaces"],
    ["kubernetes:core/v1:Service", "/api/v1/namespaces/ns/services"],
    ["kubernetes:apps/v1:DaemonSetPatch", "/apis/apps/v1/namespaces/ns/daemonsets"],
    ["kubernetes:core/v1:NodePatch", "/api/v1/nodes"],
    ["kubernetes:networking.k8s.io/v1:NetworkPolicy", "/apis/networking.k8s.io/v1/namespaces/ns/networkpolicies"],
    ["kubernetes:rbac.authorization.k8s.io/v1:ClusterRole", "/apis/rbac.authorization.k8s.io/v1/clusterroles"],
  ])("%s is at %s", (type, path) => {
    expect(collectionPath(kindRef(type), "ns")).toBe(path);
  });

  it("names objects as the provider does", () => {
    expect(objectId(kindRef("kubernetes:core/v1:Service"), { namespace: "a", name: "b" })).toBe("a/b");
    expect(objectName("a/b", "default")).toEqual({ namespace: "a", name: "b" });
    expect(objectName("b", "default")).toEqual({ namespace: "default", name: "b" });
    expect(["Ingress", "StorageClass", "Endpoints", "Job"].map(plural)).toEqual([
      "ingresses",
      "storageclasses",
      "endpoints",
      "jobs",
    ]);
  });
});

describe("names", () => {
  const kind = kindRef("kubernetes:core/v1:ConfigMap");
  const seed = Buffer.from("seed");

  it("makes one up, the same for a preview and its update, and keeps it", () => {
    const first = named(kind, "Some_Config", {}, { data: {} }, seed).inputs;
    expect(first.metadata).toMatchObject({ annotations: { "pulumi.com/autonamed": "true" } });
    expect((first.metadata as Properties).name).toMatch(/^some-config-[0-9a-f]{8}$/);
    expect(named(kind, "Some_Config", {}, { data: {} }, seed).inputs).toEqual(first);
    expect(named(kind, "Some_Config", first, { data: { a: "b" } }, Buffer.from("other")).inputs.metadata).toEqual(
      first.metadata,
    );
  });

  it("leaves a given name alone, and wants one for a patch", () => {
    expect(named(kind, "x", {}, { metadata: { name: "y" } }, seed).inputs).toEqual({ metadata: { name: "y" } });
    const { failures } = named(kindRef("kubernetes:apps/v1:DaemonSetPatch"), "x", {}, {}, seed);
    expect(failures[0]?.reason).toContain("Missing required property 'metadata.name'");
  });
});

describe("readiness", () => {
  const daemonSet = (status: Properties) => ({
    metadata: { generation: 2 },
    status: { observedGeneration: 2, ...status },
  });
  it.each<[string, Properties, string]>([
    ["Namespace", { status: { phase: "Active" } }, "ready"],
    ["Namespace", {}, "waiting: its phase is not set yet"],
    ["DaemonSet", daemonSet({ desiredNumberScheduled: 2, updatedNumberScheduled: 2, numberReady: 2 }), "ready"],
    [
      "DaemonSet",
      daemonSet({ desiredNumberScheduled: 3, updatedNumberScheduled: 3, numberReady: 1, numberUnavailable: 2 }),
      "waiting: 1 of 3 pods are ready, 3 up to date",
    ],
    [
      "DaemonSet",
      { metadata: { generation: 2 }, status: { observedGeneration: 1 } },
      "waiting: its controller has not seen it yet",
    ],
    ["Job", { status: { conditions: [{ type: "Complete", status: "True" }] } }, "ready"],
    ["Job", { status: { active: 1 } }, "waiting: 1 of its pods are running, 0 succeeded"],
    [
      "Job",
      { status: { conditions: [{ type: "Failed", status: "True", reason: "DeadlineExceeded", message: "too late" }] } },
      "failed: DeadlineExceeded: too late",
    ],
    [
      "Pod",
      { status: { phase: "Running", conditions: [{ type: "Ready", status: "False" }] } },
      "waiting: its phase is Running",
    ],
    ["ConfigMap", {}, "ready"],
  ])("%s %j: %s", (kind, live, expected) => {
    const judgement = readiness(kind, live);
    expect(judgement.state === "ready" ? "ready" : `${judgement.state}: ${judgement.reason}`).toBe(expected);
  });

  it.each([
    [{ selector: { a: "b" }, clusterIP: "10.96.0.1" }, true],
    [{ selector: { a: "b" }, clusterIP: "None" }, false],
    [{ clusterIP: "10.96.0.1" }, false],
    [{ selector: { a: "b" }, type: "ExternalName" }, false],
  ])("a Service %j waits for endpoints: %s", (spec, expected) => {
    expect(expectsEndpoints({ spec })).toBe(expected);
  });
});

describe("manifests", () => {
  it("makes merge patches that remove what is gone", () => {
    const olds = { metadata: { labels: { a: "1", b: "2" } }, data: { x: "1" } };
    expect(mergePatch(olds, { metadata: { labels: { a: "1" } }, data: { x: "2" } })).toEqual({
      metadata: { labels: { b: null } },
      data: { x: "2" },
    });
  });

  it("reads inputs back for the fields that were given, drift included", () => {
    const recorded = {
      metadata: { labels: { a: "1", b: "2" } },
      spec: { ports: [{ port: 80 }], paused: false },
      stringData: { s: "x" },
    };
    const live = {
      metadata: { labels: { a: "9" }, uid: "u" },
      spec: { ports: [{ port: 80, protocol: "TCP" }] },
      status: {},
    };
    expect(inputsFromLive(recorded, live)).toEqual({
      metadata: { labels: { a: "9" } },
      spec: { ports: [{ port: 80 }], paused: false },
      stringData: { s: "x" },
    });
  });

  it("imports what an owner writes", () => {
    const live = { kind: "Node", metadata: { name: "n", labels: { a: "b" }, uid: "u" }, status: { x: 1 } };
    expect(inputsOfImport(live)).toEqual({ kind: "Node", metadata: { name: "n", labels: { a: "b" } } });
  });
});

const kubeconfig = (server: string) =>
  JSON.stringify({
    "current-context": "c",
    contexts: [{ name: "c", context: { cluster: "k", user: "u" } }],
    clusters: [{ name: "k", cluster: { server, "certificate-authority-data": Buffer.from("CA").toString("base64") } }],
    users: [{ name: "u", user: { token: "t" } }],
  });

describe("kubeconfig", () => {
  it("is read for its current context", () => {
    expect(readKubeconfig(kubeconfig("https://100.64.0.1:6443/"))).toMatchObject({
      server: "https://100.64.0.1:6443",
      namespace: "default",
      ca: "CA",
      token: "t",
    });
    expect(() => readKubeconfig("current-context: x\n")).toThrow('The kubeconfig has no context named "x".');
  });
});

describe("against an API", () => {
  let server: http.Server | undefined;
  afterEach(() => {
    server?.close();
  });

  async function provider(answer: (method: string, path: string) => [number, unknown], config: Properties = {}) {
    server = http.createServer((request, response) => {
      request.resume();
      request.on("end", () => {
        const [status, body] = answer(request.method ?? "", (request.url ?? "").replace(/\?.*/, ""));
        response.writeHead(status, { "content-type": "application/json", connection: "close" });
        response.end(JSON.stringify(body));
      });
    });
    const listening = server;
    await new Promise<void>((resolve) => listening.listen(0, "127.0.0.1", resolve));
    const { port } = listening.address() as AddressInfo;
    const kubernetes = new KubernetesProvider();
    await kubernetes.configure({ kubeconfig: kubeconfig(`http://127.0.0.1:${port}`), ...config });
    return kubernetes;
  }

  const job = { urn: "urn:job", name: "job", type: "kubernetes:batch/v1:Job" };
  const manifest = { metadata: { name: "check", namespace: "ns" }, spec: { template: {} } };

  it("fails a failed Job with what its pods said, and keeps it", async () => {
    const failed = {
      ...manifest,
      status: { conditions: [{ type: "Failed", status: "True", reason: "BackoffLimitExceeded" }] },
    };
    const pod = {
      metadata: { name: "check-x" },
      spec: { nodeName: "edge-1" },
      status: {
        containerStatuses: [{ state: { terminated: { reason: "Error", message: "no route to 10.244.1.2" } } }],
      },
    };
    const kubernetes = await provider((_method, path) => {
      if (path.endsWith("/log")) return [200, "ping failed"];
      return path.endsWith("/pods") ? [200, { items: [pod] }] : [200, failed];
    });
    const failure = await kubernetes.create(job, manifest, run).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(NotReady);
    expect(failure).toMatchObject({ id: "ns/check", inputs: manifest });
    expect((failure as NotReady).reasons).toEqual([
      "Job check failed: BackoffLimitExceeded",
      "pod check-x on node edge-1: Error: no route to 10.244.1.2",
      "last lines of its log:\nping failed",
    ]);
  });

  it("says what was missing when time is up", async () => {
    const kubernetes = await provider(() => [200, { ...manifest, status: { active: 1 } }]);
    const annotations = { "pulumi.com/timeoutSeconds": "0.1" };
    const impatient = { ...manifest, metadata: { ...manifest.metadata, annotations } };
    await expect(kubernetes.create(job, impatient, run)).rejects.toThrow(
      "Job check was not ready within 0.1 s: 1 of its pods are running, 0 succeeded",
    );
  });

  it("replaces a failed Job where that is asked for", async () => {
    const failed = { status: { conditions: [{ type: "Failed", status: "True" }] } };
    const kubernetes = await provider(() => [200, failed]);
    const inputs = {
      metadata: { name: "check", namespace: "ns", annotations: { "pulumi.com/replaceUnready": "true" } },
    };
    const result = await kubernetes.diff(job, { id: "ns/check", inputs, outputs: {} }, inputs);
    expect(result).toEqual({
      changes: [{ path: "status", kind: "update", replaces: true }],
      deleteBeforeReplace: true,
    });
  });

  it("passes on the API's refusal", async () => {
    const kubernetes = await provider(() => [
      403,
      { kind: "Status", message: "pods is forbidden", reason: "Forbidden" },
    ]);
    await expect(kubernetes.create(job, manifest, run)).rejects.toThrow("pods is forbidden (403 Forbidden)");
  });

  it("creates by POST where the API has no apply", async () => {
    const seen: string[] = [];
    const kubernetes = await provider((method) => {
      seen.push(method);
      return method === "PATCH"
        ? [415, {}]
        : [201, { ...manifest, status: { conditions: [{ type: "Complete", status: "True" }] } }];
    });
    await expect(kubernetes.create(job, manifest, run)).resolves.toMatchObject({ id: "ns/check" });
    expect(seen).toEqual(["PATCH", "POST"]);
  });

  it("takes a missing object as deleted, and as gone on refresh", async () => {
    const kubernetes = await provider(() => [404, { message: "not found" }]);
    await expect(
      kubernetes.delete(job, { id: "ns/check", inputs: manifest, outputs: {} }, run),
    ).resolves.toBeUndefined();
    await expect(kubernetes.read(job, { id: "ns/check", inputs: manifest, outputs: {} })).resolves.toBeUndefined();
  });

  it("names the object that a patch misses", async () => {
    const kubernetes = await provider(() => [404, {}]);
    const patch = { urn: "urn:p", name: "p", type: "kubernetes:apps/v1:DaemonSetPatch" };
    const inputs = { metadata: { name: "kube-flannel", namespace: "kube-system" } };
    await expect(kubernetes.create(patch, inputs, run)).rejects.toThrow(
      "DaemonSet kube-system/kube-flannel is to be patched, but does not exist.",
    );
  });

  it("has no cluster unless it is given one", async () => {
    const kubernetes = new KubernetesProvider();
    await kubernetes.configure({});
    await expect(kubernetes.create(job, manifest, run)).rejects.toThrow(
      "The Kubernetes provider has no kubeconfig; give it one in its arguments.",
    );
  });
});
