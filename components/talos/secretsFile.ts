import { chmodSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import * as path from "node:path";

const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

function folderOf(stack: string): string {
  return path.posix.join(".talos-cloud-edge", stack);
}

/**
 * Puts the secrets of an existing cluster where the Talos provider can import them from: the provider takes nothing but a
 * path. The path is the resource's import id, so it is relative and depends on the stack alone: from another machine it
 * is the same, and nothing is imported twice. The file is private. Whoever has written it removes it as soon as it was read;
 * it is gone, too, when the program ends, and where that was by force, when it runs next.
 */
export function writeSecretsFile(stack: string, yaml: string): string {
  const folder = folderOf(stack);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  chmodSync(folder, 0o700);
  const file = path.posix.join(folder, "secrets.yaml");
  writeFileSync(file, yaml, { mode: 0o600, flag: "wx" });
  // The program may not change its own folder in between, but a removal must not depend on that.
  const absolute = path.resolve(folder);
  const remove = (): void => {
    rmSync(absolute, { recursive: true, force: true });
  };
  process.once("exit", remove);
  for (const signal of signals) {
    // Without a listener of its own, Node ends at a signal without a word to "exit".
    process.once(signal, () => {
      remove();
      process.kill(process.pid, signal);
    });
  }
  return file;
}

/** Removes the file, and what a program that was killed has left of it. */
export function removeSecretsFile(stack: string): void {
  rmSync(folderOf(stack), { recursive: true, force: true });
}
