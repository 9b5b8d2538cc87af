import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  addressToNumber,
  canonicalCidr,
  cidrContains,
  cidrSize,
  cidrsOverlap,
  nthAddress,
  numberToAddress,
  prefixLength,
} from "../../components/config";

const range = fc
  .tuple(fc.integer({ min: 0, max: 2 ** 32 - 1 }), fc.integer({ min: 0, max: 32 }))
  .map(([address, prefix]) => `${numberToAddress(address)}/${String(prefix)}`);

describe("IPv4 ranges", () => {
  it("count addresses from the network address and from the end", () => {
    expect(nthAddress("10.0.20.0/24", 1)).toBe("10.0.20.1");
    expect(nthAddress("10.0.20.0/23", 300)).toBe("10.0.21.44");
    expect(nthAddress("10.0.20.0/24", -1)).toBe("10.0.20.255");
    expect(nthAddress("255.255.255.252/30", -1)).toBe("255.255.255.255");
    expect(() => nthAddress("10.0.20.0/30", 4)).toThrow("10.0.20.0/30 has no address number 4.");
    expect(() => nthAddress("10.0.20.0/30", -5)).toThrow("10.0.20.0/30 has no address number -5.");
  });

  it("have a size, a prefix and a network address", () => {
    expect(cidrSize("10.0.20.0/24")).toBe(256);
    expect(cidrSize("0.0.0.0/0")).toBe(2 ** 32);
    expect(prefixLength("10.0.20.0/24")).toBe(24);
    expect(canonicalCidr("10.10.10.77/24")).toBe("10.10.10.0/24");
    expect(canonicalCidr("200.1.2.3/1")).toBe("128.0.0.0/1");
  });

  it.each([
    ["10.0.0.0/8", "10.244.0.0/16", true],
    ["10.244.0.0/16", "10.0.0.0/8", true],
    ["10.0.20.0/24", "10.0.21.0/24", false],
    ["10.0.20.0/23", "10.0.21.0/24", true],
    ["100.64.0.0/10", "100.128.0.0/16", false],
    ["100.64.0.0/10", "100.127.255.0/24", true],
  ])("%s and %s overlap: %s", (one, other, overlap) => {
    expect(cidrsOverlap(one, other)).toBe(overlap);
  });

  it.each(["10.0.20.256", "10.0.20", "a.b.c.d", "::1", ""])("refuse %s as an address", (text) => {
    expect(() => addressToNumber(text)).toThrow(`"${text}" is not an IPv4 address.`);
  });

  it.each(["10.0.20.0", "10.0.20.0/33", "10.0.20.0/x"])("refuse %s as a range", (text) => {
    expect(() => prefixLength(text)).toThrow(`"${text}" is not an IPv4 range in CIDR form.`);
  });

  it("contain what overlaps them as a range of one address, and nothing else", () => {
    fc.assert(
      fc.property(range, range, (one, other) => {
        const address = other.split("/")[0] ?? "";
        expect(cidrContains(one, address)).toBe(cidrsOverlap(one, `${address}/32`));
        expect(cidrsOverlap(one, other)).toBe(cidrsOverlap(other, one));
        expect(cidrContains(one, nthAddress(one, 0)) && cidrContains(one, nthAddress(one, -1))).toBe(true);
        expect(addressToNumber(nthAddress(one, -1)) - addressToNumber(nthAddress(one, 0)) + 1).toBe(cidrSize(one));
      }),
    );
  });
});
