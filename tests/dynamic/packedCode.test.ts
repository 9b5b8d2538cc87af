import { createRequire } from "node:module";
import { describe, expect, it } from "vitest";
import { packedCode } from "../../components/dynamic/packedCode";

/** How Pulumi's dynamic provider turns the code of a resource into its provider. */
const requireFromString = createRequire(createRequire(__filename).resolve("@pulumi/pulumi"))("require-from-string") as (
  code: string,
) => { handler: () => unknown };

const code = `exports.handler = () => ({ word: __word, folder: __path.basename("/a/wörd") });
var __word = \`back\\\`tick "quoted" \\\${no}\`;
const __path = require("path");
with ({ sloppy: true }) { if (!sloppy) throw new Error("strict mode"); }
`;

describe("packedCode", () => {
  it("is a module that does what the code does", () => {
    const plain = requireFromString(code).handler();
    expect(plain).toEqual({ word: 'back`tick "quoted" ${no}', folder: "wörd" });
    expect(requireFromString(packedCode(code)).handler()).toEqual(plain);
  });

  it("is the same for the same code, so that nothing changes from one update to the next", () => {
    expect(packedCode(code)).toBe(packedCode(code));
    expect(packedCode(`${code}// more`)).not.toBe(packedCode(code));
  });

  it("is shorter by far for code of some length", () => {
    const long = Array.from({ length: 100 }, (_, index) => `function step${index}(input) { return input + ${index}; }`);
    expect(packedCode(long.join("\n")).length).toBeLessThan(long.join("\n").length / 3);
  });
});
