import { mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { bundled } from "../../../lab/engine/bundles";

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "bundles-"));
  mkdirSync(join(root, "lab", "plugins"), { recursive: true });
  mkdirSync(join(root, "node_modules"));
  writeFileSync(join(root, "package-lock.json"), "{}");
  writeFileSync(join(root, "lab", "word.ts"), 'export const word: string = "one";\n');
  writeFileSync(entry(), 'import { word } from "../word";\nmodule.exports = word;\n');
});
afterEach(() => {
  rmSync(root, { recursive: true });
});

const entry = (): string => join(root, "lab", "plugins", "x.ts");
const file = (): string => bundled(root, [entry()])[entry()] ?? "";
const valueOf = (bundle: string): unknown => createRequire(__filename)(bundle);
const kept = (): string[] => readdirSync(join(root, "node_modules", ".lab"));

describe("bundled", () => {
  it("makes one file of a plugin and what it imports, once", () => {
    const first = file();
    expect(valueOf(first)).toBe("one");
    expect(file()).toBe(first);
    expect(kept()).toHaveLength(1);
  });

  it("makes another one of other sources, and takes the old one away when nobody can be using it", () => {
    const first = file();
    writeFileSync(join(root, "lab", "word.ts"), 'export const word: string = "two";\n');
    expect(valueOf(file())).toBe("two");
    expect(kept()).toHaveLength(2);

    utimesSync(join(first, ".."), 0, 0);
    writeFileSync(join(root, "lab", "word.ts"), 'export const word: string = "three";\n');
    expect(valueOf(file())).toBe("three");
    expect(kept()).toHaveLength(2);
  });
});
