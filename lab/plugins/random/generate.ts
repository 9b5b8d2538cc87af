import type { Properties } from "../protocol/values";

/** The forms in which a RandomId shows its bytes. */
export function identifier(bytes: Buffer, prefix: string): { id: string; outputs: Properties } {
  const id = bytes.toString("base64url");
  return {
    id,
    outputs: {
      b64Url: `${prefix}${id}`,
      b64Std: `${prefix}${bytes.toString("base64")}`,
      hex: `${prefix}${bytes.toString("hex")}`,
      dec: `${prefix}${BigInt(`0x${bytes.toString("hex")}`).toString()}`,
    },
  };
}

const defaultSpecials = "!@#$%&*()-_=+[]{}<>:?";

interface CharacterClass {
  wanted: boolean;
  minimum: number;
  set: string;
}

/** A string of `length` characters of the wanted classes, with the wanted minimum of each, in random order. */
export function characters(inputs: Properties, below: (limit: number) => number): string {
  const length = Number(inputs.length);
  const given = (name: string) => inputs[name] !== false;
  const minimum = (name: string) => Number(inputs[name] ?? 0);
  const specials = typeof inputs.overrideSpecial === "string" ? inputs.overrideSpecial : defaultSpecials;
  const classes: CharacterClass[] = [
    { wanted: given("upper"), minimum: minimum("minUpper"), set: "ABCDEFGHIJKLMNOPQRSTUVWXYZ" },
    { wanted: given("lower"), minimum: minimum("minLower"), set: "abcdefghijklmnopqrstuvwxyz" },
    { wanted: given("numeric") && given("number"), minimum: minimum("minNumeric"), set: "0123456789" },
    { wanted: given("special"), minimum: minimum("minSpecial"), set: specials },
  ];
  const all = classes.map(({ wanted, set }) => (wanted ? set : "")).join("");
  const least = classes.reduce((sum, { minimum: count }) => sum + count, 0);
  if (all === "") throw new Error("At least one class of characters must be wanted.");
  if (length < least)
    throw new Error(`The length (${length}) must not be less than the sum of the minimums (${least}).`);
  const drawn = classes.flatMap(({ minimum: count, set }) => pick(set, count, below));
  drawn.push(...pick(all, length - drawn.length, below));
  for (let index = drawn.length - 1; index > 0; index--) {
    const other = below(index + 1);
    [drawn[index], drawn[other]] = [drawn[other] ?? "", drawn[index] ?? ""];
  }
  return drawn.join("");
}

function pick(set: string, count: number, below: (limit: number) => number): string[] {
  return Array.from({ length: count }, () => set.charAt(below(set.length)));
}
