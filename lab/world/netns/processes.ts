/** Processes as /proc shows them. A pid is reused; together with its start time it is not. */
import { readdirSync, readFileSync, statSync } from "node:fs";

export interface ProcessId {
  pid: number;
  /** Clock ticks since the machine's start. */
  start: string;
}

/** The process that has this pid now, unless it has ended. */
export function processWith(pid: number): ProcessId | undefined {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  } catch {
    return undefined;
  }
  // The name in the middle may hold anything, so the fields are counted from its end.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return fields[0] === "Z" || fields[0] === "X" ? undefined : { pid, start: fields[19] ?? "" };
}

export const isAlive = (id: ProcessId): boolean => processWith(id.pid)?.start === id.start;

/** Sends a signal to exactly this process; one that is gone is fine. */
export function signal(id: ProcessId, name: NodeJS.Signals): void {
  if (!isAlive(id)) return;
  try {
    process.kill(id.pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

/** All processes for which the question is answered with yes. */
export function processesWhere(ask: (pid: number) => boolean): ProcessId[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && ask(Number(name)))
    .map((name) => processWith(Number(name)))
    .filter((found) => found !== undefined);
}

/** The processes whose network namespace is one of these (inode numbers). */
export function processesInNetwork(inodes: ReadonlySet<number>): ProcessId[] {
  return processesWhere((pid) => {
    try {
      return inodes.has(statSync(`/proc/${pid}/ns/net`).ino);
    } catch {
      return false;
    }
  });
}

/** Ends processes at once and waits until they are gone. */
export async function kill(ids: ProcessId[]): Promise<void> {
  for (const id of ids) signal(id, "SIGKILL");
  await ended(ids, 10_000);
}

/** Waits until the processes have ended. @returns those that have not in time */
export async function ended(ids: ProcessId[], patienceMs: number): Promise<ProcessId[]> {
  const end = Date.now() + patienceMs;
  for (;;) {
    const left = ids.filter(isAlive);
    if (left.length === 0 || Date.now() >= end) return left;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
