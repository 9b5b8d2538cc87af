/** Talos' own judgement of a machine config, from the real talosctl. */
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Sim } from "../sim";

/** @returns what is wrong with the config, or undefined when Talos would take it. */
export async function configMistake(sim: Sim, config: string, mode: "cloud" | "metal"): Promise<string | undefined> {
  // The config holds keys: the file is for nobody else, and does not stay.
  const folder = await mkdtemp(join(tmpdir(), "lab-config-"));
  try {
    const file = join(folder, "config.yaml");
    await writeFile(file, config, { mode: 0o600 });
    return await new Promise((resolve) => {
      execFile(
        sim.talosctl,
        ["validate", "--mode", mode, "--config", file],
        { timeout: 30_000 },
        (error, stdout, stderr) => {
          resolve(error ? (stderr.trim() === "" ? stdout.trim() || error.message : stderr.trim()) : undefined);
        },
      );
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
