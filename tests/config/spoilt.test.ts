import fc from "fast-check";
import { expect, it } from "vitest";
import { secret, spoilt } from "./mutations";
import { run } from "./wholeProgram";

/** What JavaScript, zod and Node say, and nobody else. */
const foreign = /undefined|\[object|TypeError|Error:|NaN|at \/|node_modules|Invalid input|expected \w+, received/;

/** More by hand: `SPOILT_RUNS=20000 SPOILT_SEED=1 npx vitest run --project unit tests/config/spoilt.test.ts`. */
const runs = Number(process.env["SPOILT_RUNS"] ?? 100);
const seed = Number(process.env["SPOILT_SEED"] ?? 20_261_121);

it("ends in a graph, or in sentences before any resource, whatever is spoilt in a stack's settings", async () => {
  const ended = { accepted: 0, refused: 0 };
  await fc.assert(
    fc.asyncProperty(spoilt, async ({ settings, encrypted }) => {
      const { sentences, declared } = await run(settings, encrypted);
      if (sentences.length === 0) {
        expect(declared.length).toBeGreaterThan(10);
        ended.accepted++;
        return;
      }
      expect(declared).toEqual([]);
      for (const sentence of sentences) {
        expect(sentence).toMatch(/^[\w"].*[^.?][.?]$/u);
        expect(sentence).not.toMatch(foreign);
        expect(sentence.length).toBeLessThan(700);
        expect(sentence).not.toContain(secret);
      }
      ended.refused++;
    }),
    { numRuns: runs, seed, endOnFailure: true },
  );
  // Both ends are reached, so that neither half of the property is empty.
  expect(ended.accepted).toBeGreaterThan(runs / 20);
  expect(ended.refused).toBeGreaterThan(runs / 3);
}, 600_000);
