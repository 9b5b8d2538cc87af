import { readdirSync } from "node:fs";
import * as path from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parse, parseAllDocuments } from "yaml";
import { fillPatch, readPatch } from "../../components/talos/patchFile";

describe("fillPatch", () => {
  it.each([
    ["a scalar", "a: ${x}", { x: "text" }, { a: "text" }],
    ["a number", "a: ${x}", { x: 7 }, { a: 7 }],
    ["a boolean", "a: ${x}", { x: false }, { a: false }],
    ["a list", "a: ${x}", { x: ["b", "c"] }, { a: ["b", "c"] }],
    ["a mapping", "a: ${x}", { x: { b: "c" } }, { a: { b: "c" } }],
    ["an item", "- ${x}", { x: "b" }, ["b"]],
    ["part of a string", "a: key=${x}, tag=${y}", { x: "b", y: 2 }, { a: "key=b, tag=2" }],
    ["the same one twice", "a: ${x}\nb: ${x}", { x: "c" }, { a: "c", b: "c" }],
  ])("fills %s", (_what, text, values, expected) => {
    expect(parse(fillPatch(text, values))).toEqual(expected);
  });

  it("lets no value change the structure around it", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (value) => {
        const filled = fillPatch("list:\n  - A=${x}\nwhole: ${x}\nafter: kept", { x: value });
        expect(parse(filled)).toEqual({ list: [`A=${value}`], whole: value, after: "kept" });
      }),
    );
  });

  it("does not fill what a value brings along", () => {
    expect(parse(fillPatch("a: ${x}\nb: ${y}", { x: "${y}", y: "z" }))).toEqual({ a: "${y}", b: "z" });
  });

  it("keeps words quoted that an older parser reads as booleans", () => {
    expect(fillPatch('auto: "off"', {})).toBe('auto: "off"\n');
    expect(fillPatch("name: ${x}", { x: "yes" })).toBe('name: "yes"\n');
  });

  it("keeps every document of a file, and drops comments", () => {
    const filled = fillPatch("# one\na: ${x}\n---\n# two\nb: 1\n", { x: "c" });
    expect(filled).toBe("a: c\n---\nb: 1\n");
  });

  it.each([
    ["a missing value", "a: ${x}", {}, "The patch has a placeholder ${x}, but no value was given for it."],
    [
      "an inherited name",
      "a: ${toString}",
      {},
      "The patch has a placeholder ${toString}, but no value was given for it.",
    ],
    ["unused values", "a: b", { x: 1, y: 2 }, "The patch has no placeholder ${x}, ${y}, but a value was given for it."],
    [
      "a list within a string",
      "a: b-${x}",
      { x: ["c"] },
      "The placeholder ${x} stands within a string, so its value can't be a list or a mapping.",
    ],
  ])("refuses %s", (_what, text, values, message) => {
    expect(() => fillPatch(text, values)).toThrow(message);
  });

  it("refuses broken YAML", () => {
    expect(() => fillPatch("a: [b", {})).toThrow("The patch is not valid YAML: ");
  });
});

describe("the files in patches/", () => {
  const names = readdirSync(path.join(__dirname, "..", "..", "patches")).map((file) => path.basename(file, ".yaml"));

  it("are the seed's five, Flannel's, and one for each further concern", () => {
    expect(names).toEqual(
      expect.arrayContaining(["base", "cloud-nodes", "edge-nodes", "tailscale", "edge-worker-1-node", "flannel"]),
    );
  });

  it.each(names)("%s says what it is for, and is valid YAML", (name) => {
    const text = readPatch(name);
    expect(text).toMatch(/^# \S/);
    expect(parseAllDocuments(text).flatMap((document) => document.errors)).toEqual([]);
  });
});
