import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { allFields } from "../../components/config/fields";
import { stackSchema } from "../../components/config";
import { mistakesIn, node, site } from "./samples";

/** Names that reach into the schema, and names that JavaScript's objects have of their own. */
const names = [...new Set(allFields().map(({ name }) => name.replace(/^.*\./, "")))];
const key = fc.oneof(fc.constantFrom(...names, "__proto__", "constructor", "toString"), fc.string());

const anything = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 5 },
    fc.jsonValue({ maxDepth: 1 }),
    fc.constantFrom("10.0.20.0/24", "10.0.20.10", "::1", "edge", "tag:x", "a: [b", "*x", "&x [*x]", "lvm", 2, true, ""),
    fc.array(tie("value"), { maxLength: 3 }),
    fc.dictionary(key, tie("value"), { maxKeys: 6 }),
  ),
})).value;

/** Good configurations with one field put to anything, so that the rules are reached too. */
const nearlyGood = fc
  .record({ field: fc.constantFrom(...allFields().map(({ name }) => name)), value: anything })
  .map(({ field, value }) => put({ cloud: {}, sites: [site({ nodes: [node()] })] }, field.split("."), value));

function put(target: unknown, [step = "", ...rest]: string[], value: unknown): unknown {
  const group = typeof target === "object" && target !== null && !Array.isArray(target) ? target : {};
  const name = step.replace("[]", "");
  const inner = (group as Record<string, unknown>)[name];
  const entry = step.endsWith("[]") && Array.isArray(inner) ? (inner[0] as unknown) : inner;
  const changed = rest.length === 0 ? value : put(entry, rest, value);
  return { ...group, [name]: step.endsWith("[]") && rest.length > 0 ? [changed] : changed };
}

/** Phrases of zod's own messages and of JavaScript's. */
const foreign = /Invalid input|Too (small|big)|Unrecognized|expected \w+, received|undefined|\[object|\n/;

function areSentences(mistakes: string[]): void {
  for (const mistake of mistakes) {
    expect(mistake).toMatch(/^talos-cloud-edge.*[.?]$/su);
    expect(mistake.replace(/is ".*?", but/su, "is X, but")).not.toMatch(foreign);
  }
}

describe("whatever is configured", () => {
  it("gives a configuration or sentences, and no other error", () => {
    fc.assert(
      fc.property(anything, (raw) => {
        const mistakes = mistakesIn(raw);
        areSentences(mistakes);
        if (mistakes.length === 0) expect(stackSchema.safeParse(raw).success).toBe(true);
      }),
      { numRuns: 1500 },
    );
  });

  it("gives a configuration or sentences where one field of a good configuration is put to anything", () => {
    fc.assert(
      fc.property(nearlyGood, (raw) => {
        areSentences(mistakesIn(raw));
      }),
      { numRuns: 1500 },
    );
  });

  it("never repeats a secret", () => {
    fc.assert(
      fc.property(anything, (around) => {
        const secret = "hunter2-hunter2";
        const raw = [
          { secretsYaml: [secret, around] },
          { secretsYaml: `${secret}: [` },
          { secretsYaml: secret, cloud: around },
          { patches: { all: [{ token: secret }] }, cloud: around },
        ];
        expect(raw.flatMap((one) => mistakesIn(one)).join("\n")).not.toContain(secret);
        expect(mistakesIn({ tailnet: { dnsName: secret } }, new Set(["tailnet"])).join("\n")).not.toContain(secret);
      }),
      { numRuns: 200 },
    );
  });
});
