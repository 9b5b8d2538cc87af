import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { installHome, labPlugins } from "../../../lab/engine/home";

const root = join(__dirname, "..", "..", "..");
let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "home-"));
});
afterEach(() => {
  rmSync(home, { recursive: true });
});

describe("labPlugins", () => {
  it("stands in for every provider of the program, at the version of its npm package", () => {
    const names = labPlugins(root, true).map((plugin) => `${plugin.name} ${plugin.version}`);
    expect(names).toEqual([
      "gcp 9.37.0",
      "kubernetes 4.34.2",
      "random 4.21.2",
      "tailscale 0.29.1",
      "terraform-provider 1.1.3",
    ]);
  });

  it("brings the language host and dynamic providers where the engine has none", () => {
    const own = labPlugins(root, false).slice(labPlugins(root, true).length);
    expect(own.map((plugin) => `${plugin.kind}-${plugin.name}`)).toEqual(["language-nodejs", "resource-pulumi-nodejs"]);
  });

  it("names scripts that exist", () => {
    for (const { command } of labPlugins(root, false)) expect(existsSync(command.at(-1) ?? "")).toBe(true);
  });
});

describe("installHome", () => {
  it("makes scripts that run node, and removes what is not wanted", () => {
    mkdirSync(join(home, "plugins", "resource-gcp-v1.0.0"), { recursive: true });
    const command = ["-p", 'JSON.stringify(process.argv.slice(1)) + "it\'s"'];
    installHome(home, [{ kind: "resource", name: "x", version: "1.2.3", command }]);
    expect(readdirSync(join(home, "plugins"))).toEqual(["resource-x-v1.2.3"]);
    const script = join(home, "plugins", "resource-x-v1.2.3", "pulumi-resource-x");
    expect(execFileSync(script, ["an argument"], { encoding: "utf8" })).toBe(`["an argument"]it's\n`);
  });

  it("leaves a script alone that is as it should be", () => {
    const plugins = [{ kind: "resource" as const, name: "x", version: "1.2.3", command: ["x.js"] }];
    installHome(home, plugins);
    const script = join(home, "plugins", "resource-x-v1.2.3", "pulumi-resource-x");
    const before = statSync(script).mtimeMs;
    installHome(home, plugins);
    expect(statSync(script).mtimeMs).toBe(before);
  });
});
