import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { PLACE } from "../../../../lab/world/netns/net/addresses";
import type { FirewallRule } from "../../../../lab/world/netns/net/firewall";
import type { Namespace } from "../../../../lab/world/netns/net/namespace";
import { Vpc } from "../../../../lab/world/netns/net/vpc";
import type { VpcPlan } from "../../../../lab/world/netns/net/vpc";
import { noNamespaces, RealLab, title } from "./realLab";

const rule = (fields: Partial<FirewallRule>): FirewallRule => ({
  name: "rule",
  priority: 1000,
  action: "allow",
  sourceRanges: [],
  sourceTags: [],
  targetTags: [],
  protocols: [{ protocol: "all", ports: [] }],
  ...fields,
});
const INTERNAL = rule({ sourceRanges: ["10.1.0.0/24"] });
const OPERATORS = rule({
  sourceRanges: [`${PLACE.operator}/32`],
  targetTags: ["control-plane"],
  protocols: [{ protocol: "tcp", ports: ["50000", "6443"] }],
});

describe.skipIf(noNamespaces !== undefined)(title("a VPC network of namespaces", noNamespaces), () => {
  let real: RealLab;
  let vpc: Vpc;
  let operator: Namespace;
  let stranger: Namespace;
  let plan: VpcPlan;
  const external = "203.0.113.4";

  beforeAll(async () => {
    real = await RealLab.start();
    operator = await real.outsider("operator", PLACE.operator);
    stranger = await real.outsider("stranger", "198.51.100.66");
    vpc = new Vpc(real.lab, real.internet, real.addresses, "projects/p/global/networks/n");
    plan = {
      subnets: [{ range: "10.1.0.0/24", gateway: "10.1.0.1" }],
      instances: [
        { namespace: real.namespace("cp"), address: "10.1.0.2", external, tags: ["control-plane"] },
        { namespace: real.namespace("hidden"), address: "10.1.0.3", tags: [] },
        { namespace: real.namespace("worker"), address: "10.1.0.4", external: "203.0.113.5", tags: [] },
      ],
      rules: [INTERNAL, OPERATORS],
    };
    await vpc.apply(plan);
    for (const { namespace } of plan.instances) await real.serve(namespace, 6443);
  });
  afterAll(async () => {
    expect(await real.stop()).toEqual([]);
  });

  const instance = (name: string): Namespace => real.namespace(name);

  it("lets instances reach each other, as the rules say", async () => {
    expect(await real.reaches(instance("hidden"), "10.1.0.2:6443")).toBe(true);
    await vpc.apply({ ...plan, rules: [OPERATORS] });
    expect(await real.isShut(instance("hidden"), "10.1.0.2:6443")).toBe(true);
    await vpc.apply(plan);
    expect(await real.reaches(instance("hidden"), "10.1.0.2:6443")).toBe(true);
  });

  it("lets out who has an external address, and nobody else", async () => {
    expect(await real.reaches(instance("cp"), `${PLACE.web}:80`)).toBe(true);
    expect(await real.isShut(instance("hidden"), `${PLACE.web}:80`)).toBe(true);
  });

  it("lets in what a rule names, from where it says", async () => {
    expect(await real.reaches(operator, `${external}:6443`)).toBe(true);
    expect(await real.isShut(stranger, `${external}:6443`)).toBe(true);
    expect(await real.isShut(operator, "203.0.113.5:6443")).toBe(true);
    expect(await real.isSilent(operator, external)).toBe(true);
  });

  it("takes an instance that knocks at an external address for a stranger", async () => {
    expect(await real.isShut(instance("worker"), `${external}:6443`)).toBe(true);
    const world = rule({ sourceRanges: ["203.0.113.5/32"], protocols: [{ protocol: "tcp", ports: ["6000-7000"] }] });
    await vpc.apply({ ...plan, rules: [...plan.rules, world] });
    expect(await real.reaches(instance("worker"), `${external}:6443`)).toBe(true);
    await vpc.apply({ ...plan, rules: [...plan.rules, world, { ...world, action: "deny" }] });
    expect(await real.isShut(instance("worker"), `${external}:6443`)).toBe(true);
    await vpc.apply(plan);
  });

  it("takes no packet from an address that is not the sender's", async () => {
    await instance("worker").ip("addr add 10.1.0.77/32 dev eth0");
    expect(await real.pings(instance("worker"), "10.1.0.2")).toBe(true);
    expect(await real.isSilent(instance("worker"), "10.1.0.2", "-I", "10.1.0.77")).toBe(true);
  });

  it("carries 1460 bytes and no more", async () => {
    const whole = ["-M", "do", "-s"];
    expect(await real.pings(instance("worker"), "10.1.0.2", ...whole, "1432")).toBe(true);
    expect(await real.isSilent(instance("worker"), "10.1.0.2", ...whole, "1433")).toBe(true);
  });

  it("answers names of the lab, and knows no others", async () => {
    const ask = (name: string) => instance("cp").exec("busybox", ["nslookup", name, "8.8.8.8"]);
    expect(await ask("example.com")).toContain(PLACE.web);
    expect(await ask("controlplane.tailscale.com")).toContain(PLACE.controlPlane);
    await expect(ask("nowhere.example")).rejects.toThrow();
  });

  it("forgets an instance", async () => {
    const [cp, hidden, worker] = plan.instances;
    if (!cp || !hidden || !worker) throw new Error("three instances");
    await vpc.unplug(worker);
    await worker.namespace.remove();
    await vpc.apply({ ...plan, instances: [cp, hidden] });
    expect(await real.isSilent(hidden.namespace, worker.address)).toBe(true);
    expect(await real.reaches(hidden.namespace, "10.1.0.2:6443")).toBe(true);
  });
});
