/** Everything that a lab has on this machine outside of its folder: found by name, so also after a crash at any point. */
import { existsSync, readdirSync, readFileSync, readlinkSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { cgroupFolders, processesInCgroup, removeCgroup } from "./cgroups";
import { run } from "./command";
import type { NetnsLab } from "./lab";
import { Namespace, NETNS_DIR } from "./net/namespace";
import { isAlive, kill, processesInNetwork, processesWhere } from "./processes";
import type { ProcessId } from "./processes";

/** What is left of the lab, one phrase each; empty when nothing is. */
export function remains(lab: NetnsLab): string[] {
  return [
    ...processesOf(lab).map(({ pid }) => `process ${pid} (${commandOf(pid)})`),
    ...namespacesOf(lab).map(({ name }) => `network namespace ${name}`),
    ...cgroupFolders(lab.cgroup).map((folder) => `cgroup ${folder}`),
    ...mountsOf(lab).map((mountPoint) => `mount ${mountPoint}`),
    ...(existsSync(lab.runDir) ? [`folder ${lab.runDir}`] : []),
  ];
}

/** Ends and removes everything of the lab but its folder. What is gone already is fine. */
export async function removeAll(lab: NetnsLab): Promise<void> {
  // A supervisor starts what has ended: round after round, until nobody is left.
  for (let round = 0; round < 20; round++) {
    const found = processesOf(lab);
    if (found.length === 0) break;
    await kill(found);
  }
  await removeCgroup(lab.cgroup);
  await Promise.all(namespacesOf(lab).map((namespace) => namespace.remove()));
  // The deepest first.
  for (const mountPoint of mountsOf(lab).reverse()) await run("umount", ["--lazy", mountPoint]);
  rmSync(lab.runDir, { recursive: true, force: true });
  rmSync(join(lab.dir, "processes"), { recursive: true, force: true });
}

function namespacesOf(lab: NetnsLab): Namespace[] {
  const names = existsSync(NETNS_DIR) ? readdirSync(NETNS_DIR) : [];
  return names.filter((name) => name.startsWith(lab.prefix)).map((name) => new Namespace(name));
}

/** Who is in a namespace or the cgroup of the lab, who has its root in the lab's folder, and who wrote a pid file. */
function processesOf(lab: NetnsLab): ProcessId[] {
  const inodes = namespacesOf(lab)
    .filter((namespace) => namespace.exists())
    .map((namespace) => statSync(namespace.path).ino);
  const hosts = `${join(lab.dir, "hosts")}/`;
  const found = [
    ...processesInNetwork(new Set(inodes)),
    ...processesInCgroup(lab.cgroup),
    ...processesWhere((pid) => linkAt(`/proc/${pid}/root`).startsWith(hosts)),
    ...pidFiles(lab),
  ];
  return [...new Map(found.map((id) => [id.pid, id])).values()].filter(({ pid }) => pid !== process.pid);
}

function pidFiles(lab: NetnsLab): ProcessId[] {
  const folder = join(lab.dir, "processes");
  const files = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith(".json")) : [];
  return files.map((name) => JSON.parse(readFileSync(join(folder, name), "utf8")) as ProcessId).filter(isAlive);
}

/** Mounts that everybody sees below the lab's folder, in the order they were made. */
function mountsOf(lab: NetnsLab): string[] {
  return readFileSync("/proc/self/mounts", "utf8")
    .split("\n")
    .map((line) =>
      (line.split(" ")[1] ?? "").replace(/\\(\d{3})/g, (_match, octal: string) =>
        String.fromCharCode(parseInt(octal, 8)),
      ),
    )
    .filter((mountPoint) => mountPoint.startsWith(`${lab.dir}/`) || mountPoint.startsWith(`${lab.runDir}/`));
}

function linkAt(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return "";
  }
}

function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").trim().slice(0, 80);
  } catch {
    return "";
  }
}
