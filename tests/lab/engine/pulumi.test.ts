import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { readConfig } from "../../../lab/engine/pulumi";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "config-"));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

function read(text: string): object | null {
  const file = join(folder, "Pulumi.lab.yaml");
  writeFileSync(file, text);
  return readConfig(file);
}

it("reads a stack's config, and an empty one", () => {
  expect(read("config:\n  talos-cloud-edge:sites: []\n")).toEqual({ config: { "talos-cloud-edge:sites": [] } });
  expect(read("")).toBe(null);
});

it.each([
  [
    "config: {}\ntalos-cloud-edge:sites: []\n",
    "talos-cloud-edge:sites stands beside config: in Pulumi.lab.yaml, where nothing reads it; write it below config:, indented by two.",
  ],
  ["config: {a: [}\n", "Pulumi.lab.yaml is not YAML: "],
])("refuses %j in a sentence", (text, sentence) => {
  expect(() => read(text)).toThrow(sentence);
});
