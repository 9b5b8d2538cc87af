import * as pulumi from "@pulumi/pulumi";
import { beforeEach, describe, expect, it } from "vitest";
import { cloudPlan, type CloudNodePlan } from "../../components/cloud/cloudPlan";
import { cloudSchema, clusterSchema } from "../../components/config/schema";
import { only, optionsRecorder, record, valueOf, type RecordedResource } from "./recorder";

const cluster = clusterSchema.parse({});
const defaults = cloudSchema.parse({});
const plan = cloudPlan(cluster, defaults);
const owner = "00c0ffee00c0ffee";
const instanceType = "gcp:compute/instance:Instance";
const firewallType = "gcp:compute/firewall:Firewall";

let resources: RecordedResource[];

beforeEach(async () => {
  resources = await record(({ type, inputs }) => {
    if (type === instanceType) {
      return { state: { instanceId: "4711" } };
    }
    const external = type === "gcp:compute/address:Address" && inputs["addressType"] === "EXTERNAL";
    return external ? { state: { address: "203.0.113.10" } } : {};
  });
});

function planned(role: CloudNodePlan["role"]): CloudNodePlan {
  const node = plan.nodes.find((candidate) => candidate.role === role);
  if (node === undefined) throw new Error(`the plan has no ${role}`);
  return node;
}

async function node(role: CloudNodePlan["role"] = "controlplane", deletionProtection = false) {
  const { CloudNetwork, CloudNode } = await import("../../components/cloud");
  const network = new CloudNetwork("cloud-network", { plan, cloud: defaults, owner });
  const { seen, transformation } = optionsRecorder();
  const created = new CloudNode(
    planned(role).name,
    {
      plan: planned(role),
      network,
      image: "link/image",
      userData: "machine: {type: controlplane}",
      incarnation: pulumi.output("0a1b2c3d"),
      region: "europe-west3",
      deletionProtection,
      owner,
    },
    { transformations: [transformation] },
  );
  const outputs = await valueOf(pulumi.all([created.machineId, created.internalIp, created.externalIp]));
  return { outputs, seen, instance: only(resources, instanceType) };
}

describe("CloudNetwork", () => {
  it("makes a VPC with one subnet under the cluster's names", async () => {
    const { CloudNetwork } = await import("../../components/cloud");
    const network = new CloudNetwork("cloud-network", { plan, cloud: defaults, owner });
    expect(await valueOf(network.subnetLink)).toBe("link/cloud-network-subnet");
    expect(await valueOf(network.networkLink)).toBe("link/cloud-network-vpc");
    expect(only(resources, "gcp:compute/network:Network").inputs).toMatchObject({
      name: "setup02-cluster-vpc",
      autoCreateSubnetworks: false,
    });
    expect(only(resources, "gcp:compute/subnetwork:Subnetwork").inputs).toMatchObject({
      name: "setup02-cluster-subnet",
      network: "link/cloud-network-vpc",
      region: "europe-west3",
      ipCidrRange: "10.1.0.0/24",
      privateIpGoogleAccess: true,
    });
  });

  it("lets in nobody from outside by default", async () => {
    const { CloudNetwork } = await import("../../components/cloud");
    const network = new CloudNetwork("cloud-network", { plan, cloud: defaults, owner });
    await valueOf(network.subnetLink);
    await pulumi.runtime.disconnect();
    expect(only(resources, firewallType).inputs).toMatchObject({
      network: "link/cloud-network-vpc",
      direction: "INGRESS",
      sourceRanges: ["10.1.0.0/24"],
    });
  });

  it("makes one firewall rule for each way in, named after the component", async () => {
    const { CloudNetwork } = await import("../../components/cloud");
    const open = cloudSchema.parse({ operatorCidrs: ["203.0.113.7/32"], directWireGuard: true });
    const network = new CloudNetwork("cloud-network", { plan: cloudPlan(cluster, open), cloud: open, owner });
    await valueOf(network.subnetLink);
    await pulumi.runtime.disconnect();
    const rules = resources.filter(({ type }) => type === firewallType);
    expect(rules.map(({ name }) => name).sort()).toEqual([
      "cloud-network-allow-internal",
      "cloud-network-allow-operators",
      "cloud-network-allow-wireguard",
    ]);
    expect(rules.filter(({ inputs }) => "key" in inputs)).toEqual([]);
    expect(resources.every(({ name }) => name.startsWith("cloud-network"))).toBe(true);
  });
});

describe("CloudNode", () => {
  it("boots from the image at its two static addresses", async () => {
    const { outputs, instance } = await node();
    expect(outputs).toEqual(["4711", "10.1.0.2", "203.0.113.10"]);
    expect(instance.inputs).toMatchObject({
      name: "setup02-cluster-master-1",
      zone: "europe-west3-a",
      machineType: "e2-standard-4",
      allowStoppingForUpdate: true,
      bootDisk: {
        initializeParams: { image: "link/image", size: 50, type: "pd-balanced", architecture: "X86_64" },
      },
      networkInterfaces: [
        {
          subnetwork: "link/cloud-network-subnet",
          networkIp: "10.1.0.2",
          accessConfigs: [{ natIp: "203.0.113.10" }],
        },
      ],
      tags: ["setup02-cluster-node", "setup02-cluster-master"],
      labels: { cluster: "setup02", role: "controlplane", incarnation: "0a1b2c3d", "stack-owner": owner },
    });
    const addresses = resources.filter(({ type }) => type === "gcp:compute/address:Address");
    expect(addresses.map(({ inputs }) => inputs)).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ name: "setup02-cluster-master-1-external", addressType: "EXTERNAL" }),
        expect.objectContaining({ name: "setup02-cluster-master-1-internal", address: "10.1.0.2" }),
      ]),
    );
    expect(addresses).toHaveLength(2);
  });

  it("is a shielded machine without an identity in Google Cloud and without a serial console", async () => {
    const { instance } = await node();
    expect(instance.inputs).toMatchObject({
      shieldedInstanceConfig: { enableVtpm: true, enableIntegrityMonitoring: true, enableSecureBoot: false },
      metadata: { "serial-port-enable": "FALSE" },
    });
    expect(instance.inputs).not.toHaveProperty("serviceAccount");
  });

  it("keeps its machine config secret", async () => {
    const { seen } = await node();
    const instance = seen.find(({ type }) => type === instanceType);
    const metadata = instance?.props["metadata"] as Record<string, unknown>;
    const userData = metadata["user-data"];
    if (!pulumi.Output.isInstance<string>(userData)) throw new Error("user-data is a plain value");
    expect(await pulumi.isSecret(userData)).toBe(true);
    expect(await valueOf(userData)).toBe("machine: {type: controlplane}");
    expect(instance?.opts.additionalSecretOutputs).toContain("metadata");
  });

  it("is replaced by another incarnation only, the old machine first", async () => {
    const { seen } = await node();
    const opts = seen.find(({ type }) => type === instanceType)?.opts;
    expect(opts).toMatchObject({
      deleteBeforeReplace: true,
      ignoreChanges: ['metadata["user-data"]', "bootDisk.initializeParams", "zone"],
    });
    expect(await valueOf(pulumi.output(opts?.replacementTrigger as pulumi.Input<string>))).toBe("0a1b2c3d");
  });

  it("names its children after itself", async () => {
    const { seen } = await node();
    expect(
      seen
        .map(({ name }) => name)
        .filter((name) => name !== "setup02-cluster-master-1")
        .sort(),
    ).toEqual([
      "setup02-cluster-master-1-external",
      "setup02-cluster-master-1-instance",
      "setup02-cluster-master-1-internal",
    ]);
  });

  it.each([
    ["controlplane", true, true],
    ["controlplane", false, false],
    ["worker", true, false],
  ] as const)("of role %s with deletionProtection %s is protected: %s", async (role, asked, isProtected) => {
    const { instance } = await node(role, asked);
    expect(instance.inputs["deletionProtection"]).toBe(isProtected);
  });
});
