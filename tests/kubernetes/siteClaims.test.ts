import { describe, expect, it } from "vitest";
import {
  claimCollisions,
  claimsOfOthers,
  claimText,
  readClaim,
  type SiteClaim,
} from "../../components/kubernetes/siteClaims";

const claim: SiteClaim = {
  site: "site2",
  cidr: "10.0.21.0/24",
  host: "root@kvm2.lab",
  bridge: "setup02-site2",
  nodes: [{ name: "talos-site2-1", mac: "52:54:00:00:03:01" }],
  owner: "o2",
  stack: "acme/p/edge2",
};
const free: SiteClaim = {
  site: "site3",
  cidr: "10.0.22.0/24",
  host: "root@kvm3.lab",
  bridge: "setup02-site3",
  nodes: [
    { name: "talos-site3-1", mac: "52:54:00:00:04:01" },
    { name: "talos-site3-2", mac: "52:54:00:00:04:02" },
  ],
  owner: "o3",
  stack: "acme/p/edge3",
};
const field = "talos-cloud-edge:sites[0]";
const other = "the site site2 (stack acme/p/edge2)";

describe("what a site may take beside another", () => {
  it.each<[string, Partial<SiteClaim>, string[]]>([
    ["everything of its own", {}, []],
    [
      "the same name",
      { site: "site2" },
      [`${field}.name is site2, which ${other} has already; write another name, or destroy that stack first.`],
    ],
    [
      "a range around it",
      { cidr: "10.0.0.0/16" },
      [`${field}.cidr is 10.0.0.0/16, which overlaps 10.0.21.0/24 of ${other}; write a range that nothing else uses.`],
    ],
    [
      "the same bridge of the same host, as another user",
      { host: "admin@KVM2.lab", bridge: "setup02-site2" },
      [
        `${field}.bridge is setup02-site2 on the host admin@KVM2.lab, which ${other} has already; write another bridge, or another host.`,
      ],
    ],
    ["the same bridge of another host", { bridge: "setup02-site2" }, []],
    ["another bridge of the same host", { host: "root@kvm2.lab" }, []],
    [
      "a node's name",
      { nodes: [{ name: "talos-site2-1", mac: "52:54:00:00:04:01" }] },
      [`${field}.nodes[0].name is talos-site2-1, which ${other} has already; write another name.`],
    ],
    [
      "a MAC address, at the second node",
      {
        nodes: [
          { name: "a", mac: "52:54:00:00:04:01" },
          { name: "b", mac: "52:54:00:00:03:01" },
        ],
      },
      [`${field}.nodes[1].mac is 52:54:00:00:03:01, which ${other} has already; write another MAC address.`],
    ],
  ])("%s", (_what, change, sentences) => {
    expect(claimCollisions(field, { ...free, ...change }, [claim])).toEqual(sentences);
  });

  it("is the same bridge of `local` on two machines, which nobody can tell apart from here", () => {
    const local = { ...claim, host: "local", bridge: "edge" };
    expect(claimCollisions(field, { ...free, host: "local", bridge: "edge" }, [local])).toEqual([]);
  });

  it("is told for each that has something of it", () => {
    const others = [claim, { ...claim, site: "site4", cidr: "10.0.30.0/24", nodes: [] }];
    expect(claimCollisions(field, { ...free, cidr: "10.0.0.0/16" }, others)).toHaveLength(2);
  });
});

describe("claims in the ConfigMap", () => {
  it("are read as they were written", () => {
    expect(readClaim("site2", claimText(claim))).toEqual(claim);
  });

  it("have one text, whatever the order of keys", () => {
    const turned = claim.nodes.map(({ name, mac }) => ({ mac, name }));
    expect(claimText({ ...claim, nodes: turned })).toBe(claimText(claim));
  });

  it("of others are those of another owner, by name", () => {
    const data = { site3: claimText(free), site2: claimText(claim) };
    expect(claimsOfOthers(data, "o1").map(({ site }) => site)).toEqual(["site2", "site3"]);
    expect(claimsOfOthers(data, "o2").map(({ site }) => site)).toEqual(["site3"]);
  });

  it("that somebody has written by hand still take their name", () => {
    const others = claimsOfOthers({ site3: "reserved for Bob" }, "o3");
    expect(claimCollisions(field, free, others)).toEqual([
      `${field}.name is site3, which the site site3 (stack unknown) has already; write another name, or destroy that stack first.`,
    ]);
  });
});
