import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { applyPatch, jsonPatch, mergePatch, strategicPatch } from "../../../lab/world/sim/kube/patch";
import { fitsNode, matchesFieldQuery, matchesLabelQuery } from "../../../lab/world/sim/kube/selectors";
import type { KubeObject } from "../../../lab/world/sim/model";
import * as c from "./cluster";
import { Kubernetes } from "./kubernetes";
import { Lab } from "./lab";

const APPLY = "application/apply-patch+yaml";
const MERGE = "application/merge-patch+json";

let lab: Lab;
let api: Kubernetes;

beforeAll(async () => {
  lab = await Lab.start();
  await c.cloud(lab);
  const secrets = new c.Secrets();
  const tag = "tag:k8s-control-plane";
  const { key } = await c.authKey(lab, tag);
  const config = c.machineConfig(secrets, {
    role: "controlplane",
    name: "master-1",
    authKey: key,
    tag,
    endpoint: ["10.1.0.2"],
    flannelArgs: [],
  });
  await c.cloudNode(lab, "master-1", "10.1.0.2", config);
  const node = await c.joined(lab, "master-1");
  const access = { node, endpoint: node, clientConfiguration: secrets.client };
  await lab.rpc("talos.bootstrap", access);
  api = new Kubernetes(lab, node, await lab.rpc("talos.kubeconfig", access));
  await lab.until("the node is ready", () => lab.world.summary().nodes.every((found) => found.ready));
});
afterAll(async () => {
  await lab.stop();
});

describe("the Kubernetes API", () => {
  it("creates, changes and deletes objects", async () => {
    const path = "/api/v1/namespaces/default/configmaps";
    const made = await api.create(path, { metadata: { name: "a" }, data: { x: "1" } });
    expect(made).toMatchObject({ kind: "ConfigMap", apiVersion: "v1", metadata: { name: "a", namespace: "default" } });
    expect(await api.call("POST", path, { metadata: { name: "a" } })).toMatchObject({
      status: 409,
      body: { reason: "AlreadyExists", message: 'configmaps "a" already exists' },
    });
    const version = (made.metadata as { resourceVersion: string }).resourceVersion;
    expect((await api.call("PATCH", `${path}/a`, { data: { y: "2" } }, MERGE)).body).toMatchObject({
      data: { x: "1", y: "2" },
    });
    const stale = { metadata: { name: "a", resourceVersion: version }, data: {} };
    expect(await api.call("PUT", `${path}/a`, stale)).toMatchObject({ status: 409, body: { reason: "Conflict" } });
    const meanwhile = { preconditions: { resourceVersion: version } };
    expect(await api.call("DELETE", `${path}/a`, meanwhile)).toMatchObject({
      status: 409,
      body: { reason: "Conflict" },
    });
    expect((await api.call("DELETE", `${path}/a`)).status).toBe(200);
    expect(await api.call("GET", `${path}/a`)).toMatchObject({
      status: 404,
      body: { message: 'configmaps "a" not found' },
    });
  });

  it.each([
    [
      "POST",
      "/api/v1/namespaces/nowhere/configmaps",
      { metadata: { name: "a" } },
      404,
      'namespaces "nowhere" not found',
    ],
    [
      "POST",
      "/api/v1/namespaces/default/configmaps",
      { metadata: { name: "b" }, data: { x: 1 } },
      400,
      'ConfigMap in version "v1" cannot be handled as a ConfigMap',
    ],
    [
      "POST",
      "/api/v1/namespaces/default/configmaps",
      { metadata: { name: "b" }, data: { "a b": "1" } },
      422,
      "a valid config key must consist of alphanumeric characters",
    ],
    ["POST", "/apis/apps/v1/namespaces/default/deployments", {}, 404, "could not find the requested resource"],
    ["POST", "/api/v1/namespaces", { metadata: { name: "Bad_Name" } }, 422, "a lowercase RFC 1123 subdomain"],
    ["POST", "/api/v1/namespaces", { kind: "Pod", metadata: { name: "a" } }, 400, "cannot be handled as a Namespace"],
    ["DELETE", "/api/v1/namespaces/kube-system", undefined, 403, "may not be deleted"],
    ["GET", "/api/v1/nodes?watch=true", undefined, 405, "has no watches"],
    ["PATCH", "/api/v1/nodes/master-1", {}, 415, "unknown format"],
  ])("refuses %s %s", async (method, path, body, status, message) => {
    const answer = await api.call(method, path, body);
    expect(answer.status).toBe(status);
    expect((answer.body as { message: string }).message).toContain(message);
  });

  it("gives Services an address of the service range, and keeps it", async () => {
    const path = "/api/v1/namespaces/default/services";
    const made = await api.create(path, {
      metadata: { name: "web" },
      spec: { selector: { app: "web" }, ports: [{ port: 80 }] },
    });
    expect(made.spec).toMatchObject({
      type: "ClusterIP",
      clusterIP: "10.96.0.100",
      ports: [{ protocol: "TCP", targetPort: 80 }],
    });
    const moved = await api.call("PATCH", `${path}/web`, { spec: { clusterIP: "10.96.0.200" } }, MERGE);
    expect(moved).toMatchObject({
      status: 422,
      body: { message: expect.stringContaining("field is immutable") as string },
    });
    expect((await api.get(`${path}/kubernetes`)).spec).toMatchObject({ clusterIP: "10.96.0.1" });
  });

  it("moves Flannel to the tailnet by server-side apply", async () => {
    const annotation = async () => {
      const { metadata } = await api.get("/api/v1/nodes/master-1");
      return (metadata as { annotations: Record<string, string> }).annotations["flannel.alpha.coreos.com/public-ip"];
    };
    expect(await annotation()).toBe("10.1.0.2");
    const path = "/apis/apps/v1/namespaces/kube-system/daemonsets/kube-flannel";
    const containers = [{ name: "kube-flannel", args: ["--ip-masq", "--kube-subnet-mgr", "--iface=tailscale0"] }];
    const patch = {
      apiVersion: "apps/v1",
      kind: "DaemonSet",
      metadata: { name: "kube-flannel" },
      spec: { template: { spec: { containers } } },
    };
    const answer = await api.call("PATCH", `${path}?fieldManager=pulumi&force=true`, patch, APPLY);
    expect(answer.body).toMatchObject({
      spec: { template: { spec: { hostNetwork: true, containers: [{ image: "ghcr.io/siderolabs/flannel" }] } } },
    });
    expect(await annotation()).toMatch(/^100\./);
  });

  it("takes a namespace away with all that is in it", async () => {
    await api.create("/api/v1/namespaces", { metadata: { name: "gone" } });
    await api.create("/api/v1/namespaces/gone/configmaps", { metadata: { name: "a" } });
    await lab.until("the service account is there", async () => {
      return (await api.call("GET", "/api/v1/namespaces/gone/serviceaccounts/default")).status === 200;
    });
    await api.call("DELETE", "/api/v1/namespaces/gone");
    expect((await api.call("GET", "/api/v1/namespaces/gone/configmaps/a")).status).toBe(404);
  });

  it("fails a Job with the words of its container", async () => {
    const script = 'echo "the log"; echo "a and b do not reach each other" >/dev/termination-log; exit 3';
    const spec = {
      restartPolicy: "Never",
      tolerations: [{ operator: "Exists" }],
      containers: [{ name: "c", command: ["sh", "-c", script] }],
    };
    await api.create("/apis/batch/v1/namespaces/default/jobs", {
      metadata: { name: "fails" },
      spec: { backoffLimit: 1, template: { spec } },
    });
    expect(await api.finished("default", "fails")).toEqual(["FailureTarget", "Failed"]);
    const { items } = await api.get("/api/v1/namespaces/default/pods?labelSelector=job-name%3Dfails");
    const pods = items as { status: { containerStatuses: { state: { terminated: unknown } }[] } }[];
    expect(pods).toHaveLength(2);
    expect(pods[0]?.status.containerStatuses[0]?.state.terminated).toMatchObject({
      exitCode: 3,
      reason: "Error",
      message: "a and b do not reach each other\n",
    });
    expect(await api.logs("default", "fails")).toBe("the log\n");
  });

  it("keeps pods out that pod security forbids", async () => {
    const labels = { app: "root" };
    const containers = [{ name: "c", securityContext: { privileged: true } }];
    const set = await api.create("/apis/apps/v1/namespaces/default/daemonsets", {
      metadata: { name: "root" },
      spec: {
        selector: { matchLabels: labels },
        template: { metadata: { labels }, spec: { tolerations: [{ operator: "Exists" }], containers } },
      },
    });
    expect(set.status).toMatchObject({ desiredNumberScheduled: 1, currentNumberScheduled: 0 });
    expect(JSON.stringify(set.status)).toContain('violates PodSecurity \\"baseline:latest\\": privileged');
  });
});

describe("patches", () => {
  const before = { a: 1, list: [1, 2], spec: { containers: [{ name: "x", image: "1", args: ["a"] }, { name: "y" }] } };

  it("merges by RFC 7386", () => {
    expect(mergePatch(before, { a: null, list: [3], spec: { containers: [] } })).toEqual({
      list: [3],
      spec: { containers: [] },
    });
  });

  it("merges named lists strategically", () => {
    const change = {
      spec: { containers: [{ name: "x", image: "2" }, { name: "y", $patch: "delete" }, { name: "z" }] },
    };
    expect(strategicPatch(before, change)).toMatchObject({
      spec: { containers: [{ name: "x", image: "2", args: ["a"] }, { name: "z" }] },
    });
  });

  it("takes away what the same manager no longer applies", () => {
    const first = {
      metadata: { labels: { a: "1", b: "2" } },
      spec: { containers: [{ name: "x", image: "1" }, { name: "y" }] },
    };
    const second = { metadata: { labels: { a: "1" } }, spec: { containers: [{ name: "x" }] } };
    const live = {
      metadata: { labels: { a: "1", b: "2", other: "3" } },
      spec: { containers: [{ name: "x", image: "1" }, { name: "y" }] },
    };
    expect(applyPatch(live, first, second)).toMatchObject({
      metadata: { labels: { a: "1", other: "3" } },
      spec: { containers: [{ name: "x" }] },
    });
  });

  it("follows RFC 6902", () => {
    const operations = [
      { op: "replace", path: "/spec/containers/0/args", value: ["b"] },
      { op: "add", path: "/list/-", value: 3 },
      { op: "remove", path: "/a" },
    ];
    expect(jsonPatch(before, operations)).toMatchObject({
      list: [1, 2, 3],
      spec: { containers: [{ args: ["b"] }, {}] },
    });
    expect(() => jsonPatch(before, [{ op: "remove", path: "/nope" }])).toThrow("path /nope does not exist");
  });
});

describe("selectors", () => {
  it.each([
    ["app=web", true],
    ["app!=web", false],
    ["app in (web,api),tier", true],
    ["!tier", false],
    ["tier notin (back)", false],
    ["", true],
  ])("label selector %s", (query, matches) => {
    expect(matchesLabelQuery({ app: "web", tier: "back" }, query)).toBe(matches);
  });

  it("field selectors", () => {
    const pod = { metadata: { name: "a" }, spec: { nodeName: "n" } } as unknown as KubeObject;
    expect(
      ["spec.nodeName=n", "spec.nodeName!=n", "metadata.name=a,spec.nodeName=m"].map((query) =>
        matchesFieldQuery(pod, query),
      ),
    ).toEqual([true, false, false]);
  });

  it.each([
    [{}, false],
    [{ tolerations: [{ operator: "Exists" }] }, true],
    [{ tolerations: [{ key: "edge", value: "yes", effect: "NoSchedule" }] }, true],
    [{ tolerations: [{ key: "edge", value: "no" }] }, false],
    [{ tolerations: [{ operator: "Exists" }], nodeSelector: { place: "cloud" } }, false],
  ])("scheduling of %o", (spec, fits) => {
    const node = {
      metadata: { name: "n", labels: { place: "edge" } },
      spec: { taints: [{ key: "edge", value: "yes", effect: "NoSchedule" }] },
    };
    expect(fitsNode(spec, node as unknown as KubeObject)).toBe(fits);
  });
});
