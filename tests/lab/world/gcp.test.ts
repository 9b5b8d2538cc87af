import { afterEach, beforeEach, describe, expect, it } from "vitest";
import * as c from "./cluster";
import { Lab } from "./lab";

const PROJECT = "projects/talos-lab";
const INSTANCE = "gcp:compute/instance:Instance";

let lab: Lab;
beforeEach(async () => {
  lab = await Lab.start();
});
afterEach(async () => {
  await lab.stop();
});

describe("the lab's GCP", () => {
  it("gives what the server computes", async () => {
    await c.cloud(lab);
    const address = await c.gcp(lab, "gcp:compute/address:Address", { name: "master-ip", region: "europe-west3" });
    expect(address.outputs).toMatchObject({ address: "203.0.113.4", addressType: "EXTERNAL" });
    const nic = { subnetwork: "vpc-subnet", accessConfigs: [{ natIp: "203.0.113.4" }] };
    const made = await c.cloudNode(lab, "master-1", "", "", { networkInterfaces: [nic] });
    expect(made.id).toBe(`${PROJECT}/zones/europe-west3-a/instances/master-1`);
    expect(made.outputs).toMatchObject({
      selfLink: `https://www.googleapis.com/compute/v1/${made.id}`,
      instanceId: expect.stringMatching(/^\d{19}$/) as string,
      networkInterfaces: [{ name: "nic0", networkIp: "10.1.0.2", accessConfigs: [{ natIp: "203.0.113.4" }] }],
    });
    expect(await lab.rpc("gcp.read", { token: INSTANCE, id: made.id })).toMatchObject({ outputs: made.outputs });
  });

  it("takes project, region and zone from the provider where the resource has none", async () => {
    const provider = { project: "other", region: "us-east1" };
    const made = await lab.rpc("gcp.create", {
      token: "gcp:compute/address:Address",
      name: "ip",
      provider,
      inputs: { name: "ip" },
    });
    expect(made.id).toBe("projects/other/regions/us-east1/addresses/ip");
  });

  it.each([
    ["compute/network:Network", { name: "vpc" }, `The resource '${PROJECT}/global/networks/vpc' already exists`],
    ["compute/network:Network", { name: "VPC" }, "Must be a match of regex"],
    [
      "compute/subnetwork:Subnetwork",
      { name: "b", network: "nowhere", ipCidrRange: "10.2.0.0/24" },
      "The resource 'nowhere' was not found",
    ],
    [
      "compute/subnetwork:Subnetwork",
      { name: "b", network: "vpc", ipCidrRange: "10.1.0.0/16" },
      "conflicts with existing subnetwork 'vpc-subnet'",
    ],
    [
      "compute/subnetwork:Subnetwork",
      { name: "b", network: "vpc", ipCidrRange: "10.2.0.1/24" },
      "Invalid IPv4 CIDR range",
    ],
    ["compute/firewall:Firewall", { name: "f", network: "vpc" }, 'Exactly one of "allowed" and "denied"'],
    [
      "compute/address:Address",
      { name: "i", addressType: "INTERNAL", subnetwork: "vpc-subnet", address: "10.1.0.1" },
      "not usable in the subnetwork",
    ],
    [
      "compute/image:Image",
      { name: "i", rawDisk: { source: "gs://setup02-images/other" } },
      "object could not be found",
    ],
    [
      "storage/bucketObject:BucketObject",
      { name: "o", bucket: "nowhere", content: "x" },
      "The specified bucket does not exist",
    ],
    [
      "storage/bucketObject:BucketObject",
      {
        name: "o",
        bucket: "setup02-images",
        source: { uri: `https://factory.talos.dev/image/${c.PLAIN_SCHEMATIC}/v1.12.4/gcp-amd64.raw.tar.gz` },
      },
      `schematic ID "${c.PLAIN_SCHEMATIC}" not found`,
    ],
    ["container/cluster:Cluster", { name: "x" }, "The lab's GCP has no gcp:container/cluster:Cluster"],
  ])("refuses a wrong %s: %o", async (type, inputs, message) => {
    await c.cloud(lab);
    await expect(c.gcp(lab, `gcp:${type}`, inputs)).rejects.toThrow(message);
  });

  it.each([
    [
      "an address outside of the subnet",
      { networkInterfaces: [{ subnetwork: "vpc-subnet", networkIp: "10.9.0.2" }] },
      "not usable",
    ],
    [
      "an address of another instance",
      { networkInterfaces: [{ subnetwork: "vpc-subnet", networkIp: "10.1.0.2" }] },
      "already being used",
    ],
    ["an unknown machine type", { machineType: "huge" }, "Invalid value for field 'resource.machineType': 'huge'"],
    [
      "an unknown image",
      { bootDisk: { initializeParams: { image: "debian-12" } } },
      "The resource 'debian-12' was not found",
    ],
    [
      "a disk smaller than its image",
      { bootDisk: { initializeParams: { image: "talos", size: 5 } } },
      "cannot be smaller than the image size",
    ],
    [
      "a public address that is not reserved",
      { networkInterfaces: [{ subnetwork: "vpc-subnet", accessConfigs: [{ natIp: "203.0.113.99" }] }] },
      "was not found in region",
    ],
  ])("refuses an instance with %s", async (_what, inputs, message) => {
    await c.cloud(lab);
    await c.cloudNode(lab, "first", "10.1.0.2", "");
    await expect(c.cloudNode(lab, "second", "10.1.0.3", "", inputs)).rejects.toThrow(message);
  });

  it("refuses to delete what is used, protected or full", async () => {
    await c.cloud(lab);
    const erase = (type: string, id: string) => lab.rpc("gcp.delete", { token: `gcp:${type}`, id });
    const { id } = await c.cloudNode(lab, "master-1", "10.1.0.2", "", { deletionProtection: true });
    await expect(erase("compute/instance:Instance", id)).rejects.toThrow("instance Deletion Protection is enabled");
    await expect(erase("compute/network:Network", `${PROJECT}/global/networks/vpc`)).rejects.toThrow(
      `The network resource '${PROJECT}/global/networks/vpc' is already being used by '${PROJECT}/regions/europe-west3/subnetworks/vpc-subnet'`,
    );
    await expect(erase("storage/bucket:Bucket", "setup02-images")).rejects.toThrow(
      "containing objects without `force_destroy`",
    );
    expect(await erase("compute/image:Image", "nowhere")).toEqual({});
  });

  it("changes in place only what can be changed in place", async () => {
    await c.cloud(lab);
    const { id, outputs } = await c.cloudNode(lab, "master-1", "10.1.0.2", "");
    const { inputs } = await lab.rpc("gcp.read", { token: INSTANCE, id });
    const update = (change: object) =>
      lab.rpc("gcp.update", { token: INSTANCE, id, inputs: { ...(inputs as object), ...change } });
    expect(await update({ labels: { a: "b" } })).toMatchObject({
      outputs: { instanceId: outputs.instanceId, labels: { a: "b" }, effectiveLabels: { a: "b" } },
    });
    await expect(update({ labels: { a: "b" }, machineType: "e2-standard-8" })).rejects.toThrow("requires stopping it");
    await expect(update({ labels: { a: "b" }, zone: "europe-west3-b" })).rejects.toThrow("zone of");
  });
});

describe("the lab's Google Cloud REST APIs", () => {
  const compute = "https://compute.googleapis.com/compute/v1/projects/talos-lab";
  const bucket = "https://storage.googleapis.com/storage/v1/b/setup02-images";
  const asked = async (method: string, url: string) =>
    lab.https(url, { method, headers: { authorization: `Bearer ${String(await token())}` } });
  const token = (): Promise<unknown> => lab.rpc("gcp.token", {});

  it("want the project's token", async () => {
    expect(await lab.https(`${compute}/global/networks/vpc`)).toMatchObject({
      status: 401,
      body: { error: { code: 401, errors: [{ reason: "authError" }] } },
    });
  });

  it("show what is there", async () => {
    await c.cloud(lab);
    await c.cloudNode(lab, "master-1", "10.1.0.2", "", { labels: { role: "controlplane" }, deletionProtection: true });
    expect(await asked("GET", `${compute}/zones/europe-west3-a/instances/master-1`)).toMatchObject({
      status: 200,
      body: { name: "master-1", labels: { role: "controlplane" }, deletionProtection: true },
    });
    expect(await asked("GET", bucket)).toMatchObject({ status: 200, body: { name: "setup02-images" } });
    expect(await asked("GET", `${compute}/global/networks/other`)).toMatchObject({
      status: 404,
      body: { error: { code: 404, errors: [{ reason: "notFound" }] } },
    });
  });

  it("delete by an operation, and not what is used or protected", async () => {
    await c.cloud(lab);
    await c.cloudNode(lab, "master-1", "10.1.0.2", "", { deletionProtection: true });
    const instance = `${compute}/zones/europe-west3-a/instances/master-1`;
    expect(await asked("DELETE", instance)).toMatchObject({ status: 400 });
    expect(await asked("DELETE", `${compute}/global/networks/vpc`)).toMatchObject({
      status: 400,
      body: { error: { errors: [{ reason: "resourceInUseByAnotherResource" }] } },
    });
    expect(await asked("DELETE", bucket)).toMatchObject({
      status: 409,
      body: { error: { errors: [{ reason: "conflict" }] } },
    });
    await asked("POST", `${instance}/setDeletionProtection?deletionProtection=false`);
    const { body } = await asked("DELETE", instance);
    expect(body).toMatchObject({ status: "RUNNING" });
    const { name } = body as { name: string };
    expect(await asked("GET", `${compute}/zones/europe-west3-a/operations/${name}`)).toMatchObject({
      body: { status: "DONE" },
    });
    expect(await asked("GET", instance)).toMatchObject({ status: 404 });
  });
});
