/** Which volumes a domain has, by the several ways to name them. */
import { listAt, textAt } from "../../json";
import { WorldError } from "../../world";
import type { Host } from "../host/hostState";
import type { LibvirtObject } from "../model";
import type { Sim } from "../sim";
import { named, objectsOf, TOKEN } from "./names";

/** The volume behind each disk of a domain; refuses a disk that has none, in libvirt's words. */
export function volumesOf(sim: Sim, host: Host, inputs: unknown): { device: string; volume: LibvirtObject }[] {
  return listAt(inputs, "devices", "disks").flatMap((disk) => {
    const path = diskPath(sim, host, disk);
    if (path === undefined) return [];
    const volume = objectsOf(sim, host, TOKEN.volume).find((candidate) => candidate.id === path);
    if (!volume) throw new WorldError(`Cannot access storage file '${path}': No such file or directory`);
    return [{ device: textAt(disk, "device") ?? "disk", volume }];
  });
}

/** Path of every volume that a domain holds, with the domain's name. */
export function volumesInUse(sim: Sim, host: Host): Map<string, string> {
  const users = new Map<string, string>();
  for (const domain of objectsOf(sim, host, TOKEN.domain)) {
    for (const disk of listAt(domain.inputs, "devices", "disks")) {
      const path = diskPath(sim, host, disk);
      if (path !== undefined) users.set(path, textAt(domain.inputs, "name") ?? "");
    }
  }
  return users;
}

function diskPath(sim: Sim, host: Host, disk: unknown): string | undefined {
  const file = textAt(disk, "source", "file", "file") ?? textAt(disk, "source", "block", "dev");
  const poolName = textAt(disk, "source", "volume", "pool");
  if (file !== undefined || poolName === undefined) return file;
  const pool = named(sim, host, TOKEN.pool, poolName);
  if (!pool) throw new WorldError(`Storage pool not found: no storage pool with matching name '${poolName}'`);
  return `${textAt(pool.inputs, "target", "path") ?? ""}/${textAt(disk, "source", "volume", "volume") ?? ""}`;
}
