import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

export interface Lock {
  release(): void;
}

/**
 * Takes the lock file for this process, or answers the process id that holds it. A lock left behind by a process that is gone is
 * taken over.
 */
export function takeLock(file: string): Lock | { heldBy: number } {
  mkdirSync(dirname(file), { recursive: true });
  const mine = `${file}.${process.pid}`;
  writeFileSync(mine, `${process.pid}\n`, { mode: 0o600 });
  try {
    for (;;) {
      // A hard link appears whole or not at all: nobody ever reads a lock without its holder.
      if (tryLink(mine, file))
        return {
          release: () => {
            rmSync(file, { force: true });
          },
        };
      const holder = holderOf(file);
      if (holder !== undefined && isAlive(holder)) return { heldBy: holder };
      discard(file, holder, `${mine}.stale`);
    }
  } finally {
    rmSync(mine, { force: true });
  }
}

/** Removes the lock of a dead holder, unless another process took it over in the meantime. */
function discard(file: string, deadHolder: number | undefined, aside: string): void {
  try {
    renameSync(file, aside);
  } catch (error) {
    if (isCode(error, "ENOENT")) return;
    throw error;
  }
  if (holderOf(aside) !== deadHolder) tryLink(aside, file);
  rmSync(aside, { force: true });
}

function tryLink(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if (isCode(error, "EEXIST")) return false;
    throw error;
  }
}

function holderOf(file: string): number | undefined {
  try {
    const holder = Number(readFileSync(file, "utf8"));
    return Number.isInteger(holder) && holder > 0 ? holder : undefined;
  } catch {
    return undefined;
  }
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return isCode(error, "EPERM");
  }
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && (error as NodeJS.ErrnoException).code === code;
}
