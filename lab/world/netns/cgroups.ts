/** Control groups of a lab, in whichever hierarchies this machine has: version 1, 2 or both. */
import { existsSync, readdirSync, readFileSync, rmdirSync } from "node:fs";
import { join } from "node:path";
import { kill, processWith } from "./processes";
import type { ProcessId } from "./processes";

/** Folders of the cgroup in all hierarchies. */
export function cgroupFolders(name: string): string[] {
  const hierarchies = new Set(
    readFileSync("/proc/self/mounts", "utf8")
      .split("\n")
      .map((line) => line.split(" "))
      .filter(([, , type]) => type === "cgroup" || type === "cgroup2")
      .map(([, mountPoint = ""]) => mountPoint),
  );
  return [...hierarchies].map((hierarchy) => join(hierarchy, name)).filter((folder) => existsSync(folder));
}

/** Processes in the cgroup and below. */
export function processesInCgroup(name: string): ProcessId[] {
  const pids = cgroupFolders(name)
    .flatMap(withChildren)
    .flatMap((folder) => pidsIn(folder));
  return [...new Set(pids)].map((pid) => processWith(pid)).filter((found) => found !== undefined);
}

/** Ends what runs in the cgroup, and takes it away. */
export async function removeCgroup(name: string): Promise<void> {
  await kill(processesInCgroup(name));
  // Children stand after their parents.
  for (const folder of cgroupFolders(name).flatMap(withChildren).reverse()) await removeFolder(folder);
}

/** A process that has just ended keeps its cgroup busy for a moment. */
async function removeFolder(folder: string): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    try {
      rmdirSync(folder);
      return;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === "ENOENT") return;
      if (code !== "EBUSY" || attempt >= 50) throw error;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

function withChildren(folder: string): string[] {
  const children = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return [folder, ...children.flatMap((entry) => withChildren(join(folder, entry.name)))];
}

function pidsIn(folder: string): number[] {
  try {
    return readFileSync(join(folder, "cgroup.procs"), "utf8")
      .split("\n")
      .filter((line) => line !== "")
      .map(Number);
  } catch {
    // Threaded cgroups of version 2 do not say; their processes stand in the cgroup above.
    return [];
  }
}
