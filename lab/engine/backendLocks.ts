import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { isAlive } from "./lock";
import { Mistake } from "./mistake";

/**
 * An engine that was killed leaves its lock in the file backend, and every later one refuses to work. Removes such locks; of an engine
 * that is still at work, says so.
 */
export function clearDeadLocks(stateFolder: string): void {
  const folder = join(stateFolder, ".pulumi", "locks");
  if (!existsSync(folder)) return;
  for (const entry of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
    if (!entry.endsWith(".json")) continue;
    const file = join(folder, entry);
    const holder = holderOf(file);
    if (holder !== undefined && isAlive(holder))
      throw new Mistake(`A Pulumi engine (process ${holder}) is still at work in this lab. Wait until it is done.`);
    rmSync(file, { force: true });
  }
}

function holderOf(file: string): number | undefined {
  try {
    const { pid } = JSON.parse(readFileSync(file, "utf8")) as { pid?: unknown };
    return typeof pid === "number" ? pid : undefined;
  } catch {
    return undefined;
  }
}
