import { describe, expect, it } from "vitest";
import { describedMachine, domainDescription, instanceMachine } from "../../components/leftovers/machine";
import { ownerLabels, ownerOf } from "../../components/leftovers/mark";
import { removeLeftDevices, removeLeftKeys, type Tailnet } from "../../components/leftovers/tailnetRemoval";

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
    { id: "k1", description: "talos-edge-1 0a1b2c3d" },
    { id: "k2", description: "talos-edge-1 0a1b2c3d", revoked: "2026-05-01T12:00:00Z", invalid: true },
    { id: "k3", description: "talos-edge-1 99999999" },
    { id: "k4", description: "my laptop" },
    { id: "k5" },
  ];

  it("are deleted by their description, if they can still be used", async () => {
    const net = tailnet({ "keys?all=true": { keys } });
    expect(await removeLeftKeys(net, "talos-edge-1 0a1b2c3d")).toBe(1);
    expect(net.deleted).toEqual(["/api/v2/tailnet/-/keys/k1"]);
  });

  it("are left to expire where they can't be listed", async () => {
    const net = tailnet({});
    expect(await removeLeftKeys(net, "talos-edge-1 0a1b2c3d")).toBe(0);
    expect(net.deleted).toEqual([]);
  });

  it("that Tailscale does not delete are told", async () => {
    const net = tailnet({ "keys?all=true": { keys } }, 403);
    await expect(removeLeftKeys(net, "talos-edge-1 0a1b2c3d")).rejects.toThrow(
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

  it("are deleted by host name, if they joined since then", async () => {
    const net = tailnet({ devices: { devices } });
    expect(await removeLeftDevices(net, "talos-edge-1", "2026-05-01T12:00:00.500Z")).toBe(2);
    expect(net.deleted).toEqual(["/api/v2/device/n2", "/api/v2/device/n3"]);
  });

  it("that can't be listed are told, as a dead one would be taken for the new machine's", async () => {
    await expect(removeLeftDevices(tailnet({}), "talos-edge-1", "2026-05-01T12:00:00Z")).rejects.toThrow(
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
