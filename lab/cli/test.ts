import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { type Console, findBinaries, findNetnsTools, Mistake } from "../engine";
import { unfit } from "../world";

const projects = ["unit", "talosctl", "engine"].flatMap((name) => ["--project", name]);

/** Runs all test projects with the real engine and talosctl at hand. `args` go to vitest. */
export async function test(root: string, console: Console, args: string[]): Promise<number> {
  const binaries = await findBinaries(console);
  const chosen = args.includes("--project") ? [] : projects;
  return vitest(root, [...chosen, ...args], { LAB_PULUMI: binaries.pulumi, LAB_TALOSCTL: binaries.talosctl });
}

/** Runs the tests of the lab of namespaces: what they need is built, and where they cannot run it is said why. */
export async function testLab(root: string, console: Console, args: string[]): Promise<number> {
  const reason = unfit();
  if (reason !== undefined) throw new Mistake(`These tests do not run here: ${reason}.`);
  const binaries = await findBinaries(console);
  const tools = await findNetnsTools(console);
  return vitest(root, ["--project", "netns", ...args], {
    LAB_PULUMI: binaries.pulumi,
    LAB_TALOSCTL: binaries.talosctl,
    LAB_NETNS_BIN: tools.binaries,
    LAB_NETNS: JSON.stringify(tools),
  });
}

function vitest(root: string, args: string[], env: Record<string, string>): Promise<number> {
  const program = join(dirname(createRequire(__filename).resolve("vitest/package.json")), "vitest.mjs");
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [program, "run", ...args], {
      cwd: root,
      env: { ...process.env, ...env },
      stdio: "inherit",
    });
    // Vitest ends its workers by itself; a Ctrl-C at the terminal reaches it without our help.
    const ignore = (): void => undefined;
    process.on("SIGINT", ignore);
    process.on("SIGTERM", () => child.kill("SIGTERM"));
    child.on("error", reject);
    child.on("close", (code) => {
      process.off("SIGINT", ignore);
      resolve(code ?? 1);
    });
  });
}
