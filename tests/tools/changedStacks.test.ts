import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { changedStacks, hasTailscaleCredentials, placeholder } from "../../tools/changed-stacks.mjs";

const files = [
  "Pulumi.yaml",
  "Pulumi.dev.yaml",
  "Pulumi.edge.yaml",
  "Pulumi.lab.yaml",
  "Pulumi.lab-edge.yaml",
  "index.ts",
  "README.md",
];
const none = (): string => "config:\n  gcp:project: p\n";

describe("the stacks that a change touches", () => {
  it.each<[string, string[], string[], boolean]>([
    ["nothing", [], [], false],
    ["a page", ["docs/design.md", "README.md"], [], false],
    ["a test", ["tests/stack/graph.ts"], [], false],
    ["a stack's config", ["Pulumi.edge.yaml"], ["edge"], false],
    ["two stacks' configs", ["Pulumi.edge.yaml", "Pulumi.dev.yaml"], ["dev", "edge"], false],
    ["the config of a stack that is taken out", ["Pulumi.gone.yaml"], [], false],
    ["the lab's config", ["Pulumi.lab.yaml"], [], true],
    ["the config of the lab's further site", ["Pulumi.lab-edge.yaml"], [], true],
    ["the lab", ["lab/world/start.ts"], [], true],
    ["a component", ["components/edge/plan.ts"], ["dev", "edge"], true],
    ["a patch", ["patches/all/base.yaml"], ["dev", "edge"], true],
    ["a package's version", ["package-lock.json"], ["dev", "edge"], true],
    ["the project's file", ["Pulumi.yaml"], ["dev", "edge"], true],
    ["a generated SDK", ["sdks/talos/package.json"], ["dev", "edge"], true],
    ["a file with the program's name elsewhere", ["docs/index.ts", "tests/components/a.ts"], [], false],
  ])("%s", (_what, changed, stacks, lab) => {
    const result = changedStacks(changed, files, none);
    expect(result.stacks.map(({ stack }) => stack)).toEqual(stacks);
    expect(result.lab).toBe(lab);
  });

  it("get a placeholder for the tailnet's credentials only where their config has none", () => {
    const own = "config:\n  tailscale:oauthClientId: k1\n  tailscale:oauthClientSecret:\n    secure: v1:abc\n";
    const read = (file: string): string => (file === "Pulumi.dev.yaml" ? own : none());
    expect(changedStacks(["index.ts"], files, read).stacks).toEqual([
      { stack: "dev", tailscaleApiKey: "" },
      { stack: "edge", tailscaleApiKey: placeholder },
    ]);
  });

  it("are printed for the workflow", () => {
    const script = join(__dirname, "..", "..", "tools", "changed-stacks.mjs");
    const printed = execFileSync(process.execPath, [script], { input: "Pulumi.edge.yaml\n", encoding: "utf8" });
    expect(printed).toBe(`stacks=[{"stack":"edge","tailscaleApiKey":"${placeholder}"}]\nlab=false\n`);
  });
});

describe("credentials of the tailnet in a stack's config", () => {
  it.each([
    ["  tailscale:apiKey:\n    secure: v1:abc", true],
    ['  "tailscale:apiKey": k', true],
    ["  tailscale:oauthClientSecret:\n    secure: v1:abc", true],
    ["  # tailscale:apiKey: k", false],
    ["  tailscale:tailnet: example.com", false],
  ])("%s", (text, expected) => {
    expect(hasTailscaleCredentials(`config:\n${text}\n`)).toBe(expected);
  });
});
