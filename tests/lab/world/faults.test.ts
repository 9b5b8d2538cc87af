import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { kindOfRequest, kindOfRpc } from "../../../lab/world/faults";
import { Lab } from "./lab";

let lab: Lab;

beforeEach(async () => {
  lab = await Lab.start();
});
afterEach(() => lab.stop());

const keys = "POST api.tailscale.com/api/v2/tailnet/*/keys";
const makeKey = () =>
  lab.tailscale("POST", "tailnet/-/keys", { capabilities: { devices: { create: { tags: ["tag:k8s-edge"] } } } });
const makeNetwork = () =>
  lab.rpc("gcp.create", {
    token: "gcp:compute/network:Network",
    inputs: { name: "vpc", autoCreateSubnetworks: false },
  });
const network = "gcp.create gcp:compute/network:Network";

describe("a fault", () => {
  it("is an answer in place of the result, once", async () => {
    lab.world.faults.add({ calls: keys, fault: { status: 429, retryAfter: "7" } });
    lab.world.faults.add({ calls: network, fault: { status: 503 } });
    await expect(makeKey()).rejects.toThrow('429 {"message":"rate limit exceeded"}');
    await expect(makeNetwork()).rejects.toThrow("out of order for the moment");
    expect(lab.world.remains()).toEqual([]);
    await makeKey();
    await makeNetwork();
    expect(lab.world.remains()).toHaveLength(2);
  });

  it("is a connection that breaks before the call, or after it was carried out", async () => {
    lab.world.faults.add({ calls: keys, fault: "reset" });
    lab.world.faults.add({ calls: network, fault: "lost" });
    await expect(makeKey()).rejects.toThrow("socket hang up");
    await expect(makeNetwork()).rejects.toThrow("socket hang up");
    expect(lab.world.remains()).toEqual(["VPC network vpc"]);
    expect(lab.world.faults.left()).toEqual([]);
  });

  it("is silence", async () => {
    lab.world.faults.add({ calls: keys, fault: "silence" });
    const patience = new Promise((resolve) => setTimeout(resolve, 300, "no answer"));
    await expect(Promise.race([makeKey().catch(() => "closed"), patience])).resolves.toBe("no answer");
    expect(lab.world.remains()).toEqual([]);
  });

  it("befalls logins on a KVM host", async () => {
    lab.world.faults.add({ calls: "ssh", fault: "lost" });
    expect(await lab.ssh("kvm.lab", "echo done; touch here")).toMatchObject({ code: 255, stdout: "done\n" });
    lab.world.faults.add({ calls: "ssh", fault: "reset", times: Infinity });
    expect(await lab.ssh("kvm.lab", "echo done")).toMatchObject({ code: 255, stdout: "" });
    lab.world.faults.clear();
    expect(await lab.ssh("kvm.lab", "ls")).toMatchObject({ code: 0, stdout: "here\n" });
  });

  it("is told of beforehand: a watcher sees each call and may cut it off", async () => {
    const seen: string[] = [];
    lab.world.faults.watch(({ kind, phase }) => {
      seen.push(`${phase} ${kind}`);
      return kind === keys ? "cut" : undefined;
    });
    await makeNetwork();
    await expect(makeKey()).rejects.toThrow("socket hang up");
    expect(seen).toEqual([`begun ${network}`, `carried out ${network}`, `begun ${keys}`]);
  });
});

describe("the kind of a call", () => {
  it.each([
    ["GET", "100.64.0.1", 6443, "/api/v1/nodes/talos-edge-1", "GET kubernetes/api/v1/nodes/*"],
    [
      "GET",
      "100.64.0.1",
      6443,
      "/apis/batch/v1/namespaces/a/jobs/b",
      "GET kubernetes/apis/batch/v1/namespaces/*/jobs/*",
    ],
    ["DELETE", "api.tailscale.com", 443, "/api/v2/device/n1", "DELETE api.tailscale.com/api/v2/device/*"],
    ["POST", "factory.talos.dev", 443, "/schematics", "POST factory.talos.dev/schematics"],
  ])("of %s %s:%i%s is %s", (method, host, port, path, kind) => {
    expect(kindOfRequest(method, host, port, path)).toBe(kind);
  });

  it("of a plugin has the type of the resource", () => {
    expect(kindOfRpc("gcp.create", "gcp:compute/network:Network")).toBe(network);
    expect(kindOfRpc("talos.apply", undefined)).toBe("talos.apply");
  });
});
