import { describe, expect, it } from "vitest";
import type { JsonResponse } from "../../components/http/request";
import { gcpResource, operationUrl } from "../../components/leftovers/gcpResource";
import { type GcpCall, removeGcpLeftover } from "../../components/leftovers/gcpRemoval";
import { isOurs, ownerLabels, ownerOf, ownerText } from "../../components/leftovers/mark";

const defaults = { project: "p", region: "europe-west3", zone: "europe-west3-a" };
const owner = "00c0ffee00c0ffee";

describe("the mark", () => {
  it.each([
    [{ labels: ownerLabels(owner) }, owner],
    [{ description: ownerText(owner) }, owner],
    [{ description: `Everything between the nodes. (${ownerText(owner)})` }, owner],
    [{ labels: { owner: "platform" }, description: "the network team's" }, ""],
    [{}, ""],
    [undefined, ""],
  ])("of %o is %o", (resource, expected) => {
    expect(ownerOf(resource)).toBe(expected);
  });

  it.each([
    [{ description: ownerText(owner) }, { labels: ownerLabels(owner) }, true],
    [{ labels: ownerLabels("0123456789abcdef") }, { labels: ownerLabels(owner) }, false],
    [{}, { labels: ownerLabels(owner) }, false],
    [{}, {}, false],
  ])("of %o and %o is the same: %o", (found, wanted, expected) => {
    expect(isOurs(found, wanted)).toBe(expected);
  });
});

describe("a resource's place", () => {
  const compute = "https://compute.googleapis.com/compute/v1/projects";
  it.each([
    ["compute/network:Network", {}, `${compute}/p/global/networks/x`],
    ["compute/network:Network", { project: "q" }, `${compute}/q/global/networks/x`],
    ["compute/firewall:Firewall", {}, `${compute}/p/global/firewalls/x`],
    ["compute/image:Image", {}, `${compute}/p/global/images/x`],
    ["compute/subnetwork:Subnetwork", { region: "us-east1" }, `${compute}/p/regions/us-east1/subnetworks/x`],
    ["compute/address:Address", {}, `${compute}/p/regions/europe-west3/addresses/x`],
    ["compute/instance:Instance", { zone: "us-east1-b" }, `${compute}/p/zones/us-east1-b/instances/x`],
    ["storage/bucket:Bucket", {}, "https://storage.googleapis.com/storage/v1/b/x"],
  ])("of %s with %o is %s", (type, inputs, url) => {
    expect(gcpResource(`gcp:${type}`, { name: "x", ...inputs }, defaults).url).toBe(url);
  });

  it.each([
    ["compute/network:Network", `${compute}/p/global/operations/op-1`],
    ["compute/instance:Instance", `${compute}/p/zones/europe-west3-a/operations/op-1`],
  ])("of %s has its operations beside it", (type, url) => {
    expect(operationUrl(gcpResource(`gcp:${type}`, { name: "x" }, defaults), "op-1")).toBe(url);
  });

  it("of another kind is not guessed", () => {
    expect(() => gcpResource("gcp:dns/managedZone:ManagedZone", { name: "x" }, defaults)).toThrow(
      "Nothing is known of where gcp:dns/managedZone:ManagedZone x is.",
    );
  });
});

describe("removing a leftover", () => {
  const inputs = { name: "master-1", labels: ownerLabels(owner) };
  const instance = gcpResource("gcp:compute/instance:Instance", inputs, defaults);
  const ours: JsonResponse = { status: 200, body: { name: "master-1", labels: ownerLabels(owner) } };
  const gone: JsonResponse = { status: 404, body: {} };
  const running: JsonResponse = { status: 200, body: { name: "op-1", status: "RUNNING" } };
  const done: JsonResponse = { status: 200, body: { name: "op-1", status: "DONE" } };
  const refused = (status: number, reason: string, message: string): JsonResponse => ({
    status,
    body: { error: { code: status, message, errors: [{ reason, message }] } },
  });
  const failed = (code: string, message: string): JsonResponse => ({
    status: 200,
    body: { name: "op-1", status: "DONE", error: { errors: [{ code, message }] } },
  });

  /** Answers in this order; what was asked is given back with the outcome. */
  async function remove(answers: JsonResponse[], limitMs = 1000): Promise<{ asked: string[]; found: unknown }> {
    const asked: string[] = [];
    const call: GcpCall = (method, url) => {
      asked.push(`${method} ${url.slice(url.indexOf("europe-west3-a/") + 15)}`);
      const answer = answers.shift();
      return answer === undefined
        ? Promise.reject(new Error(`one too many: ${asked.join(", ")}`))
        : Promise.resolve(answer);
    };
    const found = await removeGcpLeftover(call, instance, inputs, { limitMs, pauseMs: 1 });
    expect(answers).toEqual([]);
    return { asked, found };
  }

  it("does nothing where there is none", async () => {
    expect(await remove([gone])).toEqual({ asked: ["GET instances/master-1"], found: undefined });
  });

  it("deletes ours and waits for the end of it", async () => {
    expect(await remove([ours, running, running, done])).toEqual({
      asked: ["GET instances/master-1", "DELETE instances/master-1", "GET operations/op-1", "GET operations/op-1"],
      found: ours.body,
    });
  });

  it("lifts the protection that a control plane may have", async () => {
    const { asked } = await remove([
      { ...ours, body: { ...(ours.body as object), deletionProtection: true } },
      running,
      done,
      running,
      done,
    ]);
    expect(asked.filter((request) => !request.startsWith("GET"))).toEqual([
      "POST instances/master-1/setDeletionProtection?deletionProtection=false",
      "DELETE instances/master-1",
    ]);
  });

  it.each([
    ["that is still being made", [refused(400, "resourceNotReady", "The resource is not ready."), running, done]],
    ["whose deletion began too early", [running, failed("RESOURCE_NOT_READY", "not ready"), running, done]],
    ["whose operation was forgotten", [running, gone, gone]],
    ["that is gone by itself", [gone]],
  ])("comes to an end with one %s", async (_what, answers) => {
    expect((await remove([ours, ...answers])).found).toBe(ours.body);
  });

  it.each([
    [{ labels: ownerLabels("0123456789abcdef") }],
    [{ labels: { owner: "platform" } }],
    [{ description: "somebody's" }],
  ])("leaves %o alone", async (body) => {
    await expect(remove([{ status: 200, body }])).rejects.toThrow(
      "The instance master-1 in the project p exists already and was not made by this stack; nothing was changed. " +
        "Delete it, or write another name in talos-cloud-edge:cluster.",
    );
  });

  it.each([
    [
      [refused(403, "forbidden", "Required 'compute.instances.get' permission.")],
      "Google Cloud does not show the instance master-1 in the project p: HTTP 403, Required 'compute.instances.get' permission.",
    ],
    [
      [ours, refused(403, "forbidden", "Required 'compute.instances.delete' permission.")],
      "Google Cloud does not delete the instance master-1 in the project p: HTTP 403, Required 'compute.instances.delete' permission.",
    ],
    [
      [ours, running, failed("RESOURCE_IN_USE", "used by another")],
      "Google Cloud does not delete the instance master-1 in the project p: used by another.",
    ],
  ])("says what is refused", async (answers, message) => {
    await expect(remove(answers)).rejects.toThrow(message);
  });

  it("gives up in the end", async () => {
    await expect(remove([ours, running, running], 0)).rejects.toThrow(
      "The instance master-1 in the project p, left by an interrupted run, is not deleted yet; run `pulumi up` again in a few minutes.",
    );
  });
});
