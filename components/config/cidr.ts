/** IPv4 arithmetic over text: addresses as `10.0.20.1`, ranges as `10.0.20.0/24`. Pure. */

const addressPattern = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/;

interface Range {
  first: number;
  last: number;
  prefix: number;
}

/** The address as an unsigned 32-bit number. */
export function addressToNumber(address: string): number {
  const octets = addressPattern.exec(address)?.slice(1).map(Number);
  if (octets === undefined || octets.some((octet) => octet > 255)) {
    throw new Error(`"${address}" is not an IPv4 address.`);
  }
  return octets.reduce((sum, octet) => sum * 256 + octet, 0);
}

export function numberToAddress(value: number): string {
  return [24, 16, 8, 0].map((shift) => (value >>> shift) & 255).join(".");
}

function parse(cidr: string): Range {
  const [address = "", length = ""] = cidr.split("/", 2);
  const prefix = /^\d{1,2}$/.test(length) ? Number(length) : 33;
  if (prefix > 32) {
    throw new Error(`"${cidr}" is not an IPv4 range in CIDR form.`);
  }
  const size = 2 ** (32 - prefix);
  const first = Math.floor(addressToNumber(address) / size) * size;
  return { first, last: first + size - 1, prefix };
}

export function prefixLength(cidr: string): number {
  return parse(cidr).prefix;
}

/** How many addresses the range has, network and broadcast address included. */
export function cidrSize(cidr: string): number {
  return 2 ** (32 - parse(cidr).prefix);
}

/** The range with its host bits cleared: `10.0.20.7/24` gives `10.0.20.0/24`. */
export function canonicalCidr(cidr: string): string {
  const { first, prefix } = parse(cidr);
  return `${numberToAddress(first)}/${String(prefix)}`;
}

/** The address at `index` from the network address (which is 0); a negative index counts from the end, -1 being the broadcast address. */
export function nthAddress(cidr: string, index: number): string {
  const { first, last } = parse(cidr);
  const value = index < 0 ? last + 1 + index : first + index;
  if (value < first || value > last) {
    throw new Error(`${cidr} has no address number ${index}.`);
  }
  return numberToAddress(value);
}

export function cidrContains(cidr: string, address: string): boolean {
  const { first, last } = parse(cidr);
  const value = addressToNumber(address);
  return value >= first && value <= last;
}

export function cidrsOverlap(one: string, other: string): boolean {
  const [a, b] = [parse(one), parse(other)];
  return a.first <= b.last && b.first <= a.last;
}
