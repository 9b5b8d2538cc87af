import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hostNetwork, sitePlan } from "../../../../components/edge";
import { installScript } from "../../../../components/edge/hostScripts";
import { policyDocument } from "../../../../components/tailnet/policyDocument";
import { tailnetSchema } from "../../../../components/config/schema";
import type { Namespace } from "../../../../lab/world/netns/net/namespace";
import { Vpc } from "../../../../lab/world/netns/net/vpc";
import { Headscale } from "../../../../lab/world/netns/tailnet/headscale";
import { Operator } from "../../../../lab/world/netns/tailnet/operator";
import { HeadscaleTailnet } from "../../../../lab/world/netns/tailnet/store";
import { tailscaleSite } from "../../../../lab/world/tailnet/api";
import type { SiteResponse } from "../../../../lab/world/world";
import { cluster, site } from "../../../edge/fixtures";
import { noTailnet, RealLab, title } from "./realLab";

const plan = sitePlan(cluster, site());
const [node] = plan.nodes;
const config = tailnetSchema.parse({});

const PAIRS = [
  ["cp", "worker"],
  ["cp", "edge"],
  ["edge", "worker"],
  ["worker", "edge"],
] as const;

interface Made {
  id: string;
  key: string;
}

describe.skipIf(noTailnet !== undefined)(title("a tailnet of namespaces", noTailnet), () => {
  let real: RealLab;
  let headscale: Headscale;
  let tailnet: HeadscaleTailnet;
  let operator: Operator;
  const machines: Record<"cp" | "worker" | "edge", Namespace> = {} as never;
  const addresses: Record<string, string> = {};

  /** A request as the program makes it, after TLS. */
  const api = (method: string, path: string, body?: unknown): Promise<SiteResponse> =>
    tailscaleSite(tailnet).handle({
      method,
      path: `/api/v2/${path}`,
      query: new URLSearchParams(),
      headers: { authorization: "Bearer tskey-api-lab" },
      body: body === undefined ? "" : JSON.stringify(body),
      clientAuthorized: false,
    });
  const makeKey = async (tag: string, fields: object = {}): Promise<Made> => {
    const create = { reusable: false, ephemeral: false, preauthorized: true, tags: [tag], ...fields };
    const answer = await api("POST", "tailnet/-/keys", { expirySeconds: 600, capabilities: { devices: { create } } });
    expect(answer).toMatchObject({ status: 200 });
    return answer.body as Made;
  };
  const devices = async () => (await api("GET", "tailnet/-/devices")).body as { devices: Record<string, unknown>[] };
  const enter = async (machine: "cp" | "worker" | "edge", nameserver: string, tag: string): Promise<void> => {
    const { key } = await makeKey(tag);
    addresses[machine] = await real.join(machines[machine], { key, hostname: machine, nameserver, tag });
  };
  const pings = (from: Namespace, to: string, ...options: string[]) =>
    real.pings(from, addresses[to] ?? "", ...options);
  const isSilent = (from: Namespace, to: string, ...options: string[]) =>
    real.isSilent(from, addresses[to] ?? "", ...options);

  beforeAll(async () => {
    real = await RealLab.start();
    headscale = new Headscale(real.lab, real.internet, `${real.binaries}/headscale`);
    await headscale.ensure(real.ca);
    tailnet = new HeadscaleTailnet(real.lab, headscale.api);
    await tailnet.ensure();
    operator = new Operator(real.lab, real.internet, headscale.api, real.binaries, real.ca.file);
    await operator.ensure();

    const vpc = new Vpc(real.lab, real.internet, real.addresses, "n");
    machines.cp = real.namespace("cp");
    machines.worker = real.namespace("worker");
    const allowed = { name: "internal", priority: 1000, action: "allow" as const, sourceTags: [], targetTags: [] };
    await vpc.apply({
      subnets: [{ range: "10.1.0.0/24", gateway: "10.1.0.1" }],
      instances: [
        { namespace: machines.cp, address: "10.1.0.2", external: "203.0.113.4", tags: [] },
        { namespace: machines.worker, address: "10.1.0.3", external: "203.0.113.5", tags: [] },
      ],
      rules: [{ ...allowed, sourceRanges: ["10.1.0.0/24"], protocols: [{ protocol: "all", ports: [] }] }],
    });
    const host = await real.kvmHost("kvm.lab");
    const installed = await real.runOnHost("kvm.lab", installScript(hostNetwork(plan)));
    expect(installed).toMatchObject({ code: 0 });
    machines.edge = real.namespace("edge");
    await host.plug({ namespace: machines.edge, mac: node?.mac ?? "", bridge: plan.bridge });
    await real.lease(machines.edge);
    await enter("cp", "8.8.8.8", config.tags.controlPlane);
    await enter("worker", "8.8.8.8", config.tags.worker);
    await enter("edge", plan.gateway, config.tags.edge);
  });
  afterAll(async () => {
    headscale.close();
    expect(await real.stop()).toEqual([]);
  });

  it("joins cloud and edge through their NATs", async () => {
    for (const [from, to] of PAIRS) {
      await expect.poll(() => pings(machines[from], to), { timeout: 15_000, message: `${from} to ${to}` }).toBe(true);
    }
    await expect.poll(() => pings(operator.namespace, "edge"), { timeout: 15_000 }).toBe(true);
    expect((await operator.peers()).map(({ HostName }) => HostName).sort()).toEqual(["cp", "edge", "worker"]);
  });

  it("finds direct paths through the NATs", async () => {
    const paths = async () => {
      await Promise.all(Object.keys(addresses).map((name) => pings(operator.namespace, name)));
      return (await operator.peers()).filter(({ CurAddr }) => CurAddr === "").map(({ HostName }) => HostName);
    };
    await expect.poll(paths, { timeout: 30_000 }).toEqual([]);
    for (const [from, to] of PAIRS) {
      await expect
        .poll(() => real.isDirect(from, addresses[to] ?? ""), { timeout: 30_000, message: `${from} to ${to}` })
        .toBe(true);
    }
  });

  it("carries 1280 bytes and no more", async () => {
    expect(await pings(machines.cp, "edge", "-M", "do", "-s", "1252")).toBe(true);
    expect(await isSilent(machines.cp, "edge", "-M", "do", "-s", "1253")).toBe(true);
  });

  it("shows the machines as Tailscale does, and not the operator", async () => {
    const found = (await devices()).devices;
    expect(found).toMatchObject(
      ["cp", "worker", "edge"].map((hostname) => ({
        hostname,
        name: `${hostname}.tail1ab.ts.net`,
        authorized: true,
        connectedToControl: true,
        addresses: expect.arrayContaining([addresses[hostname]]) as unknown,
      })),
    );
    expect(found.map(({ tags }) => tags)).toEqual([
      [config.tags.controlPlane],
      [config.tags.worker],
      [config.tags.edge],
    ]);
  });

  it("takes a one-shot key once, and a revoked one never", async () => {
    const stranger = await real.outsider("stranger", "198.51.100.9");
    const revoked = await makeKey(config.tags.edge);
    expect(await api("DELETE", `tailnet/-/keys/${revoked.id}`)).toMatchObject({ status: 200 });
    expect((await api("GET", `tailnet/-/keys/${revoked.id}`)).body).toMatchObject({ invalid: true });
    const login = { hostname: "stranger", nameserver: "1.1.1.1", tag: config.tags.edge };
    await expect(real.join(stranger, { ...login, key: revoked.key })).rejects.toThrow();
    const { keys } = (await api("GET", "tailnet/-/keys")).body as { keys: Record<string, unknown>[] };
    expect(keys).toHaveLength(4);
    expect(keys.every(({ invalid }) => invalid === true)).toBe(true);
    expect((await devices()).devices).toHaveLength(3);
  });

  it("lets through what the program's policy says, and no more", async () => {
    for (const name of ["cp", "edge"] as const) {
      for (const port of [6443, 10250]) await real.serve(machines[name], port);
    }
    expect(await api("POST", "tailnet/-/acl", policyDocument(config))).toMatchObject({ status: 200 });
    const at = (name: string, port: number) => `${addresses[name] ?? ""}:${port}`;
    await expect.poll(() => real.isShut(machines.cp, at("edge", 6443)), { timeout: 10_000 }).toBe(true);
    expect(await real.reaches(machines.worker, at("edge", 10250))).toBe(true);
    expect(await real.reaches(machines.edge, at("cp", 6443))).toBe(true);
    expect(await real.reaches(operator.namespace, at("cp", 6443))).toBe(true);
    expect(await real.isShut(operator.namespace, at("edge", 10250))).toBe(true);
    expect(await pings(machines.edge, "cp")).toBe(true);
  });

  it("goes on over direct paths while the relay is away", async () => {
    await headscale.relay.stop();
    expect(await pings(machines.cp, "edge")).toBe(true);
    expect(await pings(machines.edge, "worker")).toBe(true);
    await headscale.ensure(real.ca);
  });

  it("deletes a device", async () => {
    const edge = (await devices()).devices.find(({ hostname }) => hostname === "edge");
    expect(await api("DELETE", `device/${String(edge?.nodeId)}`)).toMatchObject({ status: 200 });
    expect(await api("GET", `device/${String(edge?.nodeId)}`)).toMatchObject({ status: 404 });
    await expect.poll(() => isSilent(machines.cp, "edge"), { timeout: 10_000 }).toBe(true);
  });

  it("goes on while the coordination server is away", async () => {
    await headscale.stop();
    await expect.poll(() => pings(machines.cp, "worker"), { timeout: 15_000 }).toBe(true);
    await expect(devices()).rejects.toThrow("headscale");
    await headscale.ensure(real.ca);
    await expect
      .poll(async () => (await devices()).devices.map((device) => device.connectedToControl), { timeout: 40_000 })
      .toEqual([true, true]);
  });
});
