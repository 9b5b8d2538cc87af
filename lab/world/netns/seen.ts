/** The machines of a lab as a person looks at them, while no world is open. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { NetnsLab } from "./lab";
import { type MachineStatus, statusIn } from "./machines";

export interface SeenMachine {
  /** Host name, or the name that its cloud or hypervisor gave it. */
  name: string;
  folder: string;
  status?: MachineStatus;
  /** Pid of its first process, while it is on. */
  firstProcess?: number;
}

export function machinesIn(lab: NetnsLab): SeenMachine[] {
  const all = join(lab.dir, "machines");
  const folders = existsSync(all) ? readdirSync(all).map((name) => join(all, name)) : [];
  return folders
    .filter((folder) => existsSync(join(folder, "platform.json")))
    .map((folder) => {
      const platform = JSON.parse(readFileSync(join(folder, "platform.json"), "utf8")) as { name: string };
      const status = statusIn(folder);
      return {
        name: status?.hostname ?? platform.name,
        folder,
        status,
        firstProcess: firstProcess(readIfThere(join(folder, "pid"))),
      };
    });
}

/** The process that the machine's outer one has started: its pid 1. */
function firstProcess(outer: string | undefined): number | undefined {
  const pid = outer?.trim();
  const children = pid === undefined ? undefined : readIfThere(`/proc/${pid}/task/${pid}/children`);
  const child = Number(children?.trim().split(" ")[0]);
  return Number.isInteger(child) && child > 0 ? child : undefined;
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}
