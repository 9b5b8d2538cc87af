/** IPv4 arithmetic on plain numbers. */

export interface Range {
  /** First address, as a number. */
  base: number;
  prefix: number;
}

export function parseAddress(text: string): number | undefined {
  const parts = text.split(".");
  if (parts.length !== 4) return undefined;
  let value = 0;
  for (const part of parts) {
    const byte = Number(part);
    if (!/^\d{1,3}$/.test(part) || byte > 255) return undefined;
    value = value * 256 + byte;
  }
  return value;
}

export const formatAddress = (value: number): string =>
  [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join(".");

/** `10.1.0.0/24`; host bits are cut off. Undefined for anything else. */
export function parseRange(text: string): Range | undefined {
  const [address = "", length = "", ...rest] = text.split("/");
  const value = parseAddress(address);
  const prefix = Number(length);
  if (value === undefined || rest.length > 0 || !/^\d{1,2}$/.test(length) || prefix > 32) return undefined;
  const size = 2 ** (32 - prefix);
  return { base: Math.floor(value / size) * size, prefix };
}

export const sizeOf = (range: Range): number => 2 ** (32 - range.prefix);

export function contains(range: Range, address: string): boolean {
  const value = parseAddress(address);
  return value !== undefined && value >= range.base && value < range.base + sizeOf(range);
}

export function isIn(range: string, address: string): boolean {
  const parsed = parseRange(range);
  return parsed !== undefined && contains(parsed, address);
}

export const overlap = (a: Range, b: Range): boolean => a.base < b.base + sizeOf(b) && b.base < a.base + sizeOf(a);

/** Carrier-grade NAT range that Tailscale draws from. */
const TAILNET_BITS = 22;
const TAILNET_BASE = 100 * 2 ** 24 + 64 * 2 ** 16;

/**
 * The n-th tailnet address. Multiplying by an odd number walks through all of 100.64.0.0/10 without a repeat, so an address is given once and
 * looks like a real one.
 */
export function tailnetAddress(n: number): string {
  const offset = Number((BigInt(n + 1) * 2_654_435_761n) % BigInt(2 ** TAILNET_BITS));
  return formatAddress(TAILNET_BASE + offset);
}

/** Addresses inside 100.64.0.0/10 that Tailscale keeps for itself. */
export const isReservedTailnetAddress = (address: string): boolean =>
  address === "100.64.0.0" ||
  address === "100.127.255.255" ||
  isIn("100.100.0.0/24", address) ||
  isIn("100.115.92.0/23", address);

/** Documentation ranges stand for the public Internet: nobody out there has these addresses. */
const PUBLIC_RANGES = ["203.0.113.0/24", "198.51.100.0/24"]
  .map((range) => parseRange(range))
  .filter((range) => range !== undefined);
const PUBLIC_PER_RANGE = 250;

/** The n-th public address, or undefined when all have been given. */
export function publicAddress(n: number): string | undefined {
  const range = PUBLIC_RANGES[Math.floor(n / PUBLIC_PER_RANGE)];
  return range && formatAddress(range.base + 4 + (n % PUBLIC_PER_RANGE));
}
