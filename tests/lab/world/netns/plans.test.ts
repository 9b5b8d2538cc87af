import { describe, expect, it } from "vitest";
import { policyDocument } from "../../../../components/tailnet/policyDocument";
import { tailnetSchema } from "../../../../components/config/schema";
import { firewallRuleset } from "../../../../lab/world/netns/net/firewall";
import { Namespace } from "../../../../lab/world/netns/net/namespace";
import { networkIds, vpcPlan } from "../../../../lab/world/netns/net/vpcPlan";
import { headscalePolicy } from "../../../../lab/world/netns/tailnet/policy";
import { FIRST_POLICY } from "../../../../lab/world/tailnet/store";
import * as c from "../cluster";
import { Lab } from "../lab";

const rule = {
  name: "rule",
  priority: 1000,
  action: "allow" as const,
  sourceRanges: ["0.0.0.0/0"],
  sourceTags: [],
  targetTags: [],
  protocols: [{ protocol: "udp", ports: ["41641"] }],
};
const endpoints = [
  { port: "i1", address: "10.1.0.2", external: "203.0.113.4", tags: ["node"] },
  { port: "i2", address: "10.1.0.3", tags: [] },
];

/** The lines that say what may come in. */
const decisions = (rules: Parameters<typeof firewallRuleset>[1]): string[] =>
  firewallRuleset(endpoints, rules)
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line.startsWith('oifname != "uplink"'));

describe("the ruleset of a VPC network", () => {
  it("names ports, sources and targets", () => {
    expect(decisions([rule])).toEqual(['oifname != "uplink" udp dport { 41641 } accept']);
    expect(
      decisions([{ ...rule, sourceRanges: ["10.1.0.0/24"], protocols: [{ protocol: "all", ports: [] }] }]),
    ).toEqual(['oifname != "uplink" ip saddr { 10.1.0.0/24 } accept']);
    expect(decisions([{ ...rule, targetTags: ["node"], protocols: [{ protocol: "icmp", ports: [] }] }])).toEqual([
      'oifname != "uplink" ip daddr { 10.1.0.2 } ip protocol icmp accept',
    ]);
    expect(decisions([{ ...rule, sourceRanges: [], sourceTags: ["node"] }])).toEqual([
      'oifname != "uplink" ip saddr { 10.1.0.2 } udp dport { 41641 } accept',
    ]);
  });

  it("leaves a rule out that nobody carries the tag of", () => {
    expect(decisions([{ ...rule, targetTags: ["other"] }])).toEqual([]);
    expect(decisions([{ ...rule, sourceRanges: [], sourceTags: ["other"] }])).toEqual([]);
  });

  it("puts the smaller number first, and deny before allow", () => {
    const deny = { ...rule, action: "deny" as const };
    const verdicts = (rules: (typeof rule | typeof deny)[]) => decisions(rules).map((line) => line.split(" ").pop());
    expect(verdicts([rule, deny])).toEqual(["drop", "accept"]);
    expect(verdicts([deny, { ...rule, priority: 10 }])).toEqual(["accept", "drop"]);
  });
});

describe("the plan of a VPC network", () => {
  it("is what the world's Compute Engine has", async () => {
    const lab = await Lab.start();
    await c.cloud(lab);
    const create = (token: string, inputs: object) => lab.rpc("gcp.create", { token, name: "x", inputs });
    const firewall = "gcp:compute/firewall:Firewall";
    const allows = [{ protocol: "tcp", ports: ["50000", "6443"] }];
    await create(firewall, { name: "a", network: "vpc", sourceRanges: ["192.0.2.10/32"], targetTags: ["cp"], allows });
    await create(firewall, { name: "b", network: "vpc", denies: [{ protocol: "all" }], priority: 5 });
    await create(firewall, { name: "c", network: "vpc", allows, disabled: true });
    const made = await c.cloudNode(lab, "cp-1", "10.1.0.2", "", { tags: ["cp"] });
    await lab.world.close();
    const state = lab.stored();
    const [network = ""] = networkIds(state);
    const plan = vpcPlan(state, network, (id) => new Namespace(`test-${id}`));
    expect(plan).toEqual({
      mtu: 1460,
      subnets: [{ range: "10.1.0.0/24", gateway: "10.1.0.1" }],
      instances: [
        {
          namespace: new Namespace(`test-${String(made.outputs.instanceId)}`),
          address: "10.1.0.2",
          external: "203.0.113.4",
          tags: ["cp"],
        },
      ],
      rules: [
        {
          name: "a",
          priority: 1000,
          action: "allow",
          sourceRanges: ["192.0.2.10/32"],
          sourceTags: [],
          targetTags: ["cp"],
          protocols: [{ protocol: "tcp", ports: ["50000", "6443"] }],
        },
        {
          name: "b",
          priority: 5,
          action: "deny",
          sourceRanges: ["0.0.0.0/0"],
          sourceTags: [],
          targetTags: [],
          protocols: [{ protocol: "all", ports: [] }],
        },
      ],
    });
    const all = Object.values(state.gcp.resources).find(({ token }) => token === firewall);
    if (all) all.outputs.direction = "EGRESS";
    expect(() => vpcPlan(state, network, (id) => new Namespace(id))).toThrow("no egress rules");
    await (await lab.restart()).stop();
  });
});

describe("the policy in headscale's words", () => {
  it("lets everybody through at first", () => {
    expect(headscalePolicy(FIRST_POLICY)).toMatchObject({ acls: [{ action: "accept", src: ["*"], dst: ["*:*"] }] });
  });

  it("makes a rule of each protocol, and the operator of all people", () => {
    const { acls, tagOwners } = headscalePolicy(policyDocument(tailnetSchema.parse({})) as never) as {
      acls: { proto?: string; src: string[]; dst: string[] }[];
      tagOwners: Record<string, string[]>;
    };
    const nodes = ["tag:k8s-control-plane", "tag:k8s-worker", "tag:k8s-edge"];
    expect(acls).toContainEqual({
      action: "accept",
      proto: "udp",
      src: nodes,
      dst: nodes.map((tag) => `${tag}:4789`),
    });
    expect(acls).toContainEqual({ action: "accept", proto: "icmp", src: nodes, dst: nodes.map((tag) => `${tag}:*`) });
    expect(acls).toContainEqual({
      action: "accept",
      proto: "tcp",
      src: ["operator@"],
      dst: ["tag:k8s-control-plane:6443"],
    });
    expect(Object.keys(tagOwners)).toEqual(expect.arrayContaining(nodes));
    expect(new Set(Object.values(tagOwners).flat())).toEqual(new Set(["lab@", "operator@"]));
  });

  it("keeps ACLs as they are", () => {
    const acls = [
      { action: "accept", proto: "tcp", src: ["group:admins", "someone@example.com"], dst: ["tag:x:22,80", "*:443"] },
    ];
    expect(headscalePolicy({ tagOwners: { "tag:x": [] }, acls })).toMatchObject({
      acls: [{ action: "accept", proto: "tcp", src: ["operator@"], dst: ["tag:x:22,80", "*:443"] }],
    });
  });
});
