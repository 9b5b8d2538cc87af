import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { type Console, findBinaries } from "../engine";

/** Runs all test projects with the real engine and talosctl at hand. `args` go to vitest. */
export async function test(root: string, console: Console, args: string[]): Promise<number> {
  const binaries = await findBinaries(console);
  const vitest = join(dirname(createRequire(__filename).resolve("vitest/package.json")), "vitest.mjs");
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [vitest, "run", ...args], {
      cwd: root,
      env: { ...process.env, LAB_PULUMI: binaries.pulumi, LAB_TALOSCTL: binaries.talosctl },
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
