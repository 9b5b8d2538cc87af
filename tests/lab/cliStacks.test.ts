import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { chosenStack, stacksIn } from "../../lab/cli/stacks";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "lab-stacks-"));
  for (const name of ["dev", "lab", "lab-west", "lab-east", "labour"])
    writeFileSync(join(folder, `Pulumi.${name}.yaml`), "");
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

describe("the lab's stacks", () => {
  it("are destroyed before the one that holds the cloud", () => {
    expect(stacksIn(folder)).toEqual(["lab-east", "lab-west", "lab"]);
  });

  it.each([
    ["the cluster, where nothing is said", [], "lab"],
    ["the cluster, by name", ["--stack", "lab"], "lab"],
    ["a further site", ["--stack", "lab-east"], "lab-east"],
  ])("%s", (_what, args, stack) => {
    expect(chosenStack(args, folder).stack).toBe(stack);
  });

  it.each([
    [
      "a real stack",
      ["--stack", "dev"],
      "There is no Pulumi.dev.yaml of the lab; its stacks are lab, lab-west, lab-east.",
    ],
    ["no name", ["--stack"], "`npm start` does not take `--stack`; write `npm start -- --stack lab-east`."],
    ["another flag", ["--yes"], "`npm start` does not take `--yes`; write `npm start -- --stack lab-east`."],
  ])("refuses %s", (_what, args, sentence) => {
    expect(() => chosenStack(args, folder)).toThrow(sentence);
  });
});
