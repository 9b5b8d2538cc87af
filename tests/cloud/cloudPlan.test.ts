import { describe, expect, it } from "vitest";
import { cloudMistakes, cloudPlan } from "../../components/cloud/cloudPlan";
import { ingressRules } from "../../components/cloud/firewallPlan";
import { bootDiskType } from "../../components/cloud/machineTypes";
import { userDataMistake } from "../../components/cloud/userData";
import { cloudSchema, clusterSchema, type CloudConfig } from "../../components/config/schema";

const cluster = clusterSchema.parse({});

function cloud(given: Record<string, unknown> = {}): CloudConfig {
  return cloudSchema.parse(given);
}

function placed(given: Record<string, unknown>): string[] {
  return cloudPlan(cluster, cloud(given)).nodes.map(({ name, zone, internalIp }) =>
    [name.replace("setup02-cluster-", ""), zone.replace("europe-west3-", ""), internalIp].join(" "),
  );
}

describe("cloudPlan", () => {
  it("of the defaults has the names, ranges and machines of the deployment guide", () => {
    expect(cloudPlan(cluster, cloud())).toMatchSnapshot();
  });

  it("spreads each role over the zones in turn", () => {
    expect(placed({ controlPlanes: { count: 3 }, workers: { count: 4 } })).toEqual([
      "master-1 a 10.1.0.2",
      "master-2 b 10.1.0.3",
      "master-3 c 10.1.0.4",
      "worker-1 a 10.1.0.10",
      "worker-2 b 10.1.0.11",
      "worker-3 c 10.1.0.12",
      "worker-4 a 10.1.0.13",
    ]);
  });

  it("adds a machine's own generation to its group's", () => {
    const generations = { "setup02-cluster-master-2": 1 };
    const { nodes } = cloudPlan(cluster, cloud({ controlPlanes: { count: 3, generation: 2, generations } }));
    expect(nodes.map(({ generation }) => generation)).toEqual([2, 3, 2, 1]);
  });

  it("keeps to the zones of the configuration", () => {
    const zones = ["europe-west3-b", "europe-west3-c"];
    expect(placed({ zones, controlPlanes: { count: 3 }, workers: { count: 0 } })).toEqual([
      "master-1 b 10.1.0.2",
      "master-2 c 10.1.0.3",
      "master-3 b 10.1.0.4",
    ]);
  });

  it("moves no machine when others are added or the subnet grows", () => {
    const before = placed({ networkCidr: "10.1.0.0/24", workers: { count: 2 } });
    const after = placed({ networkCidr: "10.1.0.0/22", workers: { count: 5 }, controlPlanes: { count: 5 } });
    expect(after).toEqual(expect.arrayContaining(before));
  });

  it("gives every machine an address of its own that GCP has not reserved, up to the last one", () => {
    const plan = cloudPlan(
      cluster,
      cloud({ networkCidr: "192.168.7.16/28", controlPlanes: { count: 5 }, workers: { count: 4 } }),
    );
    expect(plan.nodes.map(({ internalIp }) => internalIp.replace("192.168.7.", ""))).toEqual(
      ["18", "19", "20", "21", "22"].concat(["26", "27", "28", "29"]),
    );
  });

  it.each([
    [
      { networkCidr: "10.1.0.0/28", workers: { count: 5 } },
      "talos-cloud-edge:cloud.workers.count is 5, but 10.1.0.0/28 has addresses for 4 of them (numbers 2 to 9 are control planes, those from 10 on workers); write a larger cloud.networkCidr.",
    ],
    [
      { networkCidr: "10.1.0.0/29", controlPlanes: { count: 5 }, workers: { count: 0 } },
      "talos-cloud-edge:cloud.controlPlanes.count is 5, but 10.1.0.0/29 has addresses for 4 of them (numbers 2 to 9 are control planes, those from 10 on workers); write a larger cloud.networkCidr.",
    ],
  ])("refuses %j", (given, sentence) => {
    expect(cloudMistakes(cloud(given))).toEqual([sentence]);
    expect(() => cloudPlan(cluster, cloud(given))).toThrow(sentence);
  });

  it("keeps its own labels over the user's", () => {
    const given = { workers: { labels: { team: "platform", cluster: "another", role: "boss" } } };
    const worker = cloudPlan(cluster, cloud(given)).nodes.at(-1);
    expect(worker?.labels).toEqual({ team: "platform", cluster: "setup02", role: "worker" });
  });

  it("hands on what each kind of machine is given", () => {
    const given = {
      architecture: "arm64",
      controlPlanes: { machineType: "c4a-standard-4", diskGb: 80, generation: 3, patches: ["machine: {}"] },
    };
    expect(cloudPlan(cluster, cloud(given)).nodes[0]).toMatchObject({
      machineType: "c4a-standard-4",
      architecture: "arm64",
      diskGb: 80,
      diskType: "hyperdisk-balanced",
      generation: 3,
      patches: ["machine: {}"],
    });
  });

  it("keeps every name within GCE's 63 characters for the longest cluster name", () => {
    const longest = clusterSchema.parse({ name: "a".repeat(24) });
    const plan = cloudPlan(longest, cloud({ workers: { count: 100 } }));
    const names = [...Object.values(plan.names), ...plan.nodes.map(({ name }) => `${name}-internal`)];
    for (const name of names) {
      expect(name).toMatch(/^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$/);
    }
    expect(new Set(names).size).toBe(names.length);
  });
});

describe("ingressRules", () => {
  function rules(given: Record<string, unknown> = {}) {
    const config = cloud(given);
    return ingressRules(cloudPlan(cluster, config), config);
  }

  it("let in nothing from outside the subnet by default", () => {
    expect(rules()).toMatchObject([{ sourceRanges: ["10.1.0.0/24"], allows: [{ protocol: "all" }] }]);
    expect(rules()).toHaveLength(1);
  });

  it("let operators reach the two APIs of control planes and nothing else", () => {
    const operators = rules({ operatorCidrs: ["203.0.113.7/32", "198.51.100.0/24"] }).filter(
      ({ key }) => key !== "allow-internal",
    );
    expect(operators).toEqual([
      {
        key: "allow-operators",
        name: "setup02-cluster-allow-operators",
        description: "Talos and Kubernetes API of the control planes, for operators outside the tailnet.",
        sourceRanges: ["203.0.113.7/32", "198.51.100.0/24"],
        targetTags: ["setup02-cluster-master"],
        allows: [{ protocol: "tcp", ports: ["50000", "6443"] }],
      },
    ]);
  });

  it("open WireGuard's port, and only that, for direct paths", () => {
    expect(rules({ directWireGuard: true }).slice(1)).toMatchObject([
      {
        sourceRanges: ["0.0.0.0/0"],
        targetTags: ["setup02-cluster-node"],
        allows: [{ protocol: "udp", ports: ["41641"] }],
      },
    ]);
  });
});

describe("bootDiskType", () => {
  it.each([
    ["e2-standard-4", "pd-balanced"],
    ["n2d-standard-8", "pd-balanced"],
    ["t2a-standard-4", "pd-balanced"],
    ["c3-standard-4", "pd-balanced"],
    ["n4-standard-4", "hyperdisk-balanced"],
    ["c4a-standard-4", "hyperdisk-balanced"],
  ])("of %s is %s", (machineType, diskType) => {
    expect(bootDiskType(machineType)).toBe(diskType);
  });
});

describe("userDataMistake", () => {
  const limit = 256 * 1024;

  it("counts bytes, not characters", () => {
    expect(userDataMistake("n", "x".repeat(limit))).toBeUndefined();
    expect(userDataMistake("setup02-cluster-worker-1", "é".repeat(limit / 2) + "x")).toBe(
      "The machine config of setup02-cluster-worker-1 has 262145 bytes, but an instance's user-data takes 262144; make its patches smaller.",
    );
  });
});
