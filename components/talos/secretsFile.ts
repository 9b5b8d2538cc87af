import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import * as path from "node:path";

/**
 * Puts the secrets of an existing cluster where the Talos provider can import them from: the provider takes nothing but a
 * path. The path is the resource's import id, so it is relative and depends on the stack alone: from another machine it
 * is the same, and nothing is imported twice. The file is private and gone when the program ends.
 */
export function writeSecretsFile(stack: string, yaml: string): string {
  const folder = path.posix.join(".talos-cloud-edge", stack);
  const file = path.posix.join(folder, "secrets.yaml");
  // The program may not change its own folder in between, but a removal must not depend on that.
  const absoluteFolder = path.resolve(folder);
  mkdirSync(absoluteFolder, { recursive: true, mode: 0o700 });
  rmSync(file, { force: true });
  writeFileSync(file, yaml, { mode: 0o600, flag: "wx" });
  process.once("exit", () => {
    rmSync(absoluteFolder, { recursive: true, force: true });
  });
  return file;
}
