import { describe, expect, it } from "vitest";
import { type Device, joinState, tailnetAddress } from "../../components/tailnet/deviceJoin";

const now = Date.parse("2026-05-01T12:10:00Z");

function device(overrides: Partial<Device>): Device {
  return {
    id: "n1",
    name: "a.ts.net",
    hostname: "a",
    created: "2026-05-01T12:05:00Z",
    lastSeen: "2026-05-01T12:09:00Z",
    authorized: true,
    tags: [],
    addresses: ["100.64.0.1"],
    ...overrides,
  };
}

const wanted = { hostname: "a", tag: "", notBefore: "2026-05-01T12:00:00Z" };

describe("joinState", () => {
  it.each<[string, Device[], string | undefined]>([
    ["none", [], undefined],
    ["another name", [device({ hostname: "b" })], undefined],
    ["an older one", [device({ created: "2026-05-01T11:59:00Z" })], undefined],
    ["joined in the key's own second", [device({ created: "2026-05-01T12:00:00Z" })], "n1"],
    ["the newest of two", [device({}), device({ id: "n2", created: "2026-05-01T12:06:00Z" })], "n2"],
    ["the name in capitals", [device({ hostname: "A" })], "n1"],
  ])("takes %s", (_case, devices, id) => {
    expect(joinState(devices, wanted, now).device?.id).toBe(id);
  });

  it("goes by the last contact where the key's time is unknown", () => {
    const unknown = { ...wanted, notBefore: "" };
    expect(joinState([device({})], unknown, now).device?.id).toBe("n1");
    expect(joinState([device({ lastSeen: "2026-05-01T11:00:00Z" })], unknown, now).missing).toBe(
      "no new device of this name, only one older device",
    );
  });

  it("waits for the address", () => {
    expect(joinState([device({ addresses: ["fd7a::1"] })], wanted, now).missing).toBe(
      "its device n1 has no address in 100.64.0.0/10",
    );
  });
});

describe("tailnetAddress", () => {
  it.each([
    [["fd7a::1", "100.64.0.1"], "100.64.0.1"],
    [["100.127.255.254"], "100.127.255.254"],
    [["100.128.0.1"], ""],
    [["100.63.0.1"], ""],
    [[], ""],
  ])("of %j is %j", (addresses, expected) => {
    expect(tailnetAddress(device({ addresses }))).toBe(expected);
  });
});
