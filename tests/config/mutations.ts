/** Good settings of a stack, spoilt in the ways in which people and programs spoil them. */
import fc from "fast-check";
import { parseStackConfig } from "../../components/config";
import type { StackFile } from "./badConfigs/badConfig";
import { beside, fromFile } from "./wholeProgram";

type Tree = Record<string, unknown>;

/** What an encrypted key holds, wherever it is put. */
export const secret = "hunter2-hunter2";

/** The settings of the repository's stacks, and one with every field written out. */
const good: readonly Tree[] = [
  ...(["dev", "edge", "lab"] as StackFile[]).map((stack) => fromFile(stack, {})),
  beside(parseStackConfig(JSON.parse(JSON.stringify(own(fromFile("dev", {})))) as Tree)),
];

function own(settings: Tree): Tree {
  const prefix = "talos-cloud-edge:";
  return Object.fromEntries(
    Object.entries(settings).flatMap(([key, value]) =>
      key.startsWith(prefix) ? [[key.slice(prefix.length), value]] : [],
    ),
  );
}

/** A place: a group or list, and the key in it. */
type Place = [holder: Tree, key: string];

function places(holder: Tree): Place[] {
  return Object.keys(holder).flatMap((key): Place[] => {
    const inner = holder[key];
    return [[holder, key], ...(typeof inner === "object" && inner !== null ? places(inner as Tree) : [])];
  });
}

const names = [
  "__proto__",
  "constructor",
  "toString",
  "hasOwnProperty",
  "",
  "a b",
  "кey",
  "x".repeat(3000),
  "0",
  "mac",
  "cidr",
];

const values = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    true,
    false,
    0,
    -1,
    1.5,
    1e300,
    2,
    3,
    "",
    " ",
    "true",
    "3",
    "null",
    [],
    {},
    [[]],
    [null],
    secret,
  ),
  fc.constantFrom<unknown>("10.0.20.0/24", "10.1.0.0/16", "0.0.0.0/0", "10.0.20.11", "::1", "fd00::/8", "10.0.20.0/31"),
  fc.constantFrom<unknown>(
    "edge",
    "Edge",
    "еdge",
    "local",
    "root@kvm",
    "-oProxyCommand=x",
    "europe-west1",
    "t2a-standard-4",
  ),
  fc.constantFrom<unknown>(
    "y".repeat(20_000),
    "\u202e\u0000\ud800\n",
    "a: [b",
    "&x [*x]",
    "%s ${x} `id`",
    { name: "edge" },
    ["edge"],
  ),
  fc.string({ unit: "binary", maxLength: 8 }),
  fc.integer(),
);

function rename([holder, key]: Place, name: string): void {
  const value = holder[key];
  Reflect.deleteProperty(holder, key);
  // Not by assignment: `__proto__` would set the prototype.
  Object.defineProperty(holder, name, { value, enumerable: true, configurable: true, writable: true });
}

interface Change {
  kind: "drop" | "retype" | "rename" | "misspell" | "nest" | "list" | "repeat" | "capitals";
  at: number;
  name: string;
  value: unknown;
}

function apply(settings: Tree, { kind, at, name, value }: Change): void {
  const all = places(settings);
  const place = all[at % Math.max(all.length, 1)];
  if (place === undefined) return;
  const [holder, key] = place;
  const old = holder[key];
  const repeated = Array.isArray(old) ? [...(old as unknown[]), ...(old as unknown[])] : JSON.stringify(old).repeat(3);
  const changed = { retype: value, nest: { [key]: old }, list: [old], repeat: repeated };
  if (kind === "drop") Reflect.deleteProperty(holder, key);
  else if (kind === "rename") rename(place, settings === holder ? `talos-cloud-edge:${name}` : name);
  else if (kind === "misspell") rename(place, `${key.slice(0, -1)}x`);
  else if (kind === "capitals") holder[key] = typeof old === "string" ? old.toUpperCase() : old;
  else holder[key] = changed[kind];
}

const change: fc.Arbitrary<Change> = fc.record({
  kind: fc.constantFrom<Change["kind"][]>("drop", "retype", "rename", "misspell", "nest", "list", "repeat", "capitals"),
  at: fc.nat({ max: 500 }),
  name: fc.constantFrom(...names),
  value: values,
});

/** Settings with up to four changes, and those of their keys that are encrypted. */
export const spoilt = fc
  .record({
    base: fc.constantFrom(...good),
    changes: fc.array(change, { minLength: 1, maxLength: 4 }),
    encrypted: fc.nat({ max: 20 }),
  })
  .map(({ base, changes, encrypted }) => {
    const settings = structuredClone(base);
    for (const one of changes) apply(settings, one);
    const keys = Object.keys(settings);
    const holding = keys.filter((key) => JSON.stringify(settings[key]).includes(secret));
    return { settings, encrypted: [...new Set([...holding, keys[encrypted] ?? "talos-cloud-edge:secretsYaml"])] };
  });
