import { describe, expect, it } from "vitest";
import { attemptAt, heldKeys } from "../../components/state";
import { Held, heldResources } from "../../components/state/held";

const urn = (type: string, name: string) =>
  `urn:pulumi:dev::talos-cloud-edge::talos-cloud-edge:stack:Node$${type}::${name}`;

describe("heldResources", () => {
  it("names a resource by the last part of its URN", () => {
    const type = "gcp:compute/instance:Instance";
    const byUrn = { [urn(type, "worker-1-machine-instance")]: { type, outputs: { instanceId: "1" } } };
    expect(heldResources(byUrn)).toEqual([{ name: "worker-1-machine-instance", type, outputs: { instanceId: "1" } }]);
  });

  it.each([[undefined], [null], ["text"], [[]]])("is empty for %j", (answer) => {
    expect(heldResources(answer)).toEqual([]);
  });
});

describe("attemptAt", () => {
  const now = Date.parse("2026-01-01T12:00:00Z");
  const incarnation = (keepers: Record<string, string>) => ({
    type: "random:index/randomId:RandomId",
    name: "worker-1-key-incarnation",
    outputs: { keepers, hex: "0a1b2c3d" },
  });
  const key = {
    type: "tailscale:index/tailnetKey:TailnetKey",
    name: "worker-1-key-key-1",
    outputs: { createdAt: "2026-01-01T10:00:00Z", expiresAt: "2026-01-01T11:00:00Z" },
  };
  const freshKey = { ...key, outputs: { ...key.outputs, expiresAt: "2026-01-01T13:00:00Z" } };
  const instance = {
    type: "gcp:compute/instance:Instance",
    name: "worker-1-machine-instance",
    outputs: { labels: { incarnation: "0a1b2c3d" } },
  };
  const predecessor = { ...instance, outputs: { labels: { incarnation: "ffffffff" } } };
  const domain = {
    type: "libvirt:index/domain:Domain",
    name: "worker-1-machine-domain",
    outputs: { description: "talos-cloud-edge owner=00 incarnation=0a1b2c3d since=2026-01-01T10:00:00Z" },
  };
  const config = {
    type: "talos:index/machineConfigurationApply:MachineConfigurationApply",
    name: "worker-1-config-apply",
    outputs: {},
  };
  const first = incarnation({ generation: "1" });
  const third = incarnation({ generation: "1", attempt: "2" });

  it.each([
    ["nothing is held", [], { number: 0 }],
    ["the update was cut off before the key was made", [first], { number: 0 }],
    ["the machine is a member", [first, key, instance, config], { number: 0 }],
    ["the machine may still join with its key", [first, freshKey, instance], { number: 0 }],
    ["an earlier attempt was repeated and is a member", [third, key, domain, config], { number: 2 }],
    [
      "the machine was begun, or lost",
      [first, key],
      { number: 1, interrupted: { since: "2026-01-01T10:00:00Z", incarnation: "0a1b2c3d" } },
    ],
    [
      "the machine was begun in place of another",
      [first, key, predecessor, config],
      { number: 1, interrupted: { since: "2026-01-01T10:00:00Z", incarnation: "0a1b2c3d" } },
    ],
    [
      "the machine was lost once it was a member",
      [third, key, config],
      { number: 3, interrupted: { since: "2026-01-01T10:00:00Z", incarnation: "0a1b2c3d" } },
    ],
    ["the machine did not join before its key expired", [first, key, domain], { number: 1 }],
  ])("where %s", (_what, resources, expected) => {
    expect(attemptAt(new Held(resources, {}), "worker-1", now)).toEqual(expected);
  });

  it("is told with the keys that the state has for the node", () => {
    const described = (name: string) => ({ ...key, name, outputs: { description: `${name} described` } });
    const keys = [described("worker-1-key-key-1"), described("worker-1-key-key-2"), described("worker-10-key-key-1")];
    expect(heldKeys(new Held(keys, {}), "worker-1")).toEqual([
      "worker-1-key-key-1 described",
      "worker-1-key-key-2 described",
    ]);
  });

  it("looks at no other node", () => {
    const other = { ...key, name: "worker-10-key-key-1" };
    expect(attemptAt(new Held([other], {}), "worker-1", now)).toEqual({ number: 0 });
  });
});
