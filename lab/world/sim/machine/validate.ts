/** Talos' own judgement of a machine config, from the real talosctl. */
import { execFile } from "node:child_process";
import { PrivateFolder } from "../../../privateFolder";
import type { Sim } from "../sim";

/** @returns what is wrong with the config, or undefined when Talos would take it. */
export function configMistake(sim: Sim, config: string, mode: "cloud" | "metal"): Promise<string | undefined> {
  return PrivateFolder.use(async (folder) => {
    const file = await folder.write("config.yaml", config);
    const args = ["validate", "--mode", mode, "--config", file];
    return new Promise((resolve) => {
      execFile(sim.talosctl, args, { timeout: 30_000 }, (error, stdout, stderr) => {
        resolve(error ? (stderr.trim() === "" ? stdout.trim() || error.message : stderr.trim()) : undefined);
      });
    });
  });
}
