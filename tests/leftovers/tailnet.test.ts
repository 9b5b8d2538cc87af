import { describe, expect, it } from "vitest";
import {
  describedMachine,
  domainDescription,
  instanceMachine,
  type Interrupted,
} from "../../components/leftovers/machine";
import { ownerLabels, ownerOf } from "../../components/leftovers/mark";
import { removeLeftKeys, removeMachineDevices, type Tailnet } from "../../components/leftovers/tailnetRemoval";

/** A tailnet that answers by path, and remembers what was deleted. */
function tailnet(lists: Record<string, unknown>, deletion = 200): Tailnet & { deleted: string[] } {
  const deleted: string[] = [];
  return {
    deleted,
    path: "/api/v2/tailnet/-",
    request: (method, path) => {
      if (method === "DELETE") {
        deleted.push(path);
        return Promise.resolve({ status: deletion, body: { message: "no" } });
      }
      const body = lists[path.replace("/api/v2/tailnet/-/", "")];
      return Promise.resolve(body === undefined ? { status: 403, body: { message: "no" } } : { status: 200, body });
    },
  };
}

describe("auth keys", () => {
  const keys = [
    { id: "k1", description: "talos-edge-1 5f2c01aa 0a1b2c3d" },
    { id: "k2", description: "talos-edge-1 5f2c01aa 0a1b2c3d", revoked: "2026-05-01T12:00:00Z", invalid: true },
    { id: "k3", description: "talos-edge-1 5f2c01aa 99999999" },
    { id: "of another stack", description: "talos-edge-1 00000000 0a1b2c3d" },
    { id: "of another machine", description: "talos-edge-10 5f2c01aa 0a1b2c3d" },
    { id: "k4", description: "my laptop" },
    { id: "k5" },
  ];

  it("of all the machine's incarnations are deleted, if they can still be used", async () => {
    const net = tailnet({ "keys?all=true": { keys } });
    expect(await removeLeftKeys(net, "talos-edge-1 5f2c01aa 0a1b2c3d")).toBe(2);
    expect(net.deleted).toEqual(["/api/v2/tailnet/-/keys/k1", "/api/v2/tailnet/-/keys/k3"]);
  });

  it("are left to the engine where the state has them", async () => {
    const net = tailnet({ "keys?all=true": { keys } });
    expect(await removeLeftKeys(net, "talos-edge-1 5f2c01aa 0a1b2c3d", ["talos-edge-1 5f2c01aa 99999999"])).toBe(1);
    expect(net.deleted).toEqual(["/api/v2/tailnet/-/keys/k1"]);
  });

  it("are left to expire where they can't be listed", async () => {
    const net = tailnet({});
    expect(await removeLeftKeys(net, "talos-edge-1 5f2c01aa 0a1b2c3d")).toBe(0);
    expect(net.deleted).toEqual([]);
  });

  it("that Tailscale does not delete are told", async () => {
    const net = tailnet({ "keys?all=true": { keys } }, 403);
    await expect(removeLeftKeys(net, "talos-edge-1 5f2c01aa 0a1b2c3d")).rejects.toThrow(
      "Tailscale does not delete the auth key k1: HTTP 403: no.",
    );
  });
});

describe("devices", () => {
  const devices = [
    { nodeId: "n1", hostname: "talos-edge-1", created: "2026-05-01T11:59:58Z" },
    { nodeId: "n2", hostname: "talos-edge-1", created: "2026-05-01T12:00:00Z" },
    { nodeId: "n3", hostname: "talos-edge-1", created: "2026-05-01T12:07:00Z" },
    { nodeId: "n4", hostname: "talos-edge-2", created: "2026-05-01T12:07:00Z" },
  ];

  const wanted = { hostname: "talos-edge-1", incarnation: "0a1b2c3d" };
  const left = { incarnation: "99999999", since: "2026-05-01T12:00:00.500Z" };
  const remove = async (net: ReturnType<typeof tailnet>, ...what: [Interrupted?, Interrupted?]) => ({
    count: await removeMachineDevices(() => Promise.resolve(net), wanted, ...what),
    deleted: net.deleted,
  });

  it.each([
    ["that was left", [left], ["n2", "n3"]],
    [
      "that is known to have been interrupted",
      [undefined, { incarnation: "88888888", since: "2026-05-01T12:05:00Z" }],
      ["n3"],
    ],
    ["of which both tell", [left, { incarnation: "88888888", since: "2026-05-01T11:00:00Z" }], ["n1", "n2", "n3"]],
  ] as const)("of a machine %s are deleted, if they joined since it was made", async (_what, [machine, known], ids) => {
    const { count, deleted } = await remove(tailnet({ devices: { devices } }), machine, known);
    expect(count).toBe(ids.length);
    expect(deleted).toEqual(ids.map((id) => `/api/v2/device/${id}`));
  });

  it("are not even asked for where no machine was left", async () => {
    const never = () => Promise.reject(new Error("asked"));
    expect(await removeMachineDevices(never, wanted)).toBe(0);
  });

  it("have used up the key of a machine of the same incarnation", async () => {
    const net = tailnet({ devices: { devices } });
    await expect(remove(net, { ...left, incarnation: wanted.incarnation })).rejects.toThrow(
      "An interrupted run left the machine talos-edge-1, which had used up its auth key; machine and device were removed. " +
        "Run `pulumi up` again: it makes the machine with a new key.",
    );
    expect(net.deleted).toEqual(["/api/v2/device/n2", "/api/v2/device/n3"]);
  });

  it("leave the key of such a machine as it is where there are none", async () => {
    const net = tailnet({ devices: { devices: [] } });
    expect((await remove(net, { ...left, incarnation: wanted.incarnation })).count).toBe(0);
  });

  it("that can't be listed are told, as a dead one would be taken for the new machine's", async () => {
    await expect(remove(tailnet({}), left)).rejects.toThrow(
      "Tailscale does not list the tailnet's devices: HTTP 403: no.",
    );
  });
});

describe("a machine that was left", () => {
  const machine = { incarnation: "0a1b2c3d", since: "2026-05-01T12:00:00Z" };

  it("tells by its domain's description whose and which it is", () => {
    const description = domainDescription("00c0ffee00c0ffee", machine);
    expect(description).toBe("talos-cloud-edge owner=00c0ffee00c0ffee incarnation=0a1b2c3d since=2026-05-01T12:00:00Z");
    expect(ownerOf({ description })).toBe("00c0ffee00c0ffee");
    expect(describedMachine(description)).toEqual(machine);
    expect(describedMachine("my own machine")).toBeUndefined();
  });

  it("tells by its instance's label and time", () => {
    const labels = { ...ownerLabels("00c0ffee00c0ffee"), incarnation: "0a1b2c3d" };
    expect(instanceMachine({ labels, creationTimestamp: "2026-05-01T12:00:00Z" })).toEqual(machine);
  });
});
