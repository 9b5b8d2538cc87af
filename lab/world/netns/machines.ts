/** Machines: each is a process tree of the Talos stand-in in a network namespace of its own. */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Machine } from "../sim/model";
import { removeCgroup } from "./cgroups";
import { Daemon } from "./daemon";
import type { NetnsLab } from "./lab";
import { Namespace } from "./net/namespace";
import { kill } from "./processes";
import { shortDigest } from "./shortDigest";

/** A name for a machine that tells it from its successor, readable and short. */
export function machineName(machine: Pick<Machine, "id" | "name">): string {
  return `${machine.name.slice(0, 40)}-${shortDigest(machine.id, 6)}`;
}

/** Where the programs of a machine are. */
export interface MachineTools {
  /** The stand-in. */
  machine: string;
  /** Folder of Kubernetes, etcd and Tailscale. */
  binaries: string;
  /** Folder of container images. */
  images: string;
  /** Names that pods give to busybox' image. */
  imageNames: string[];
  /** CA of the lab's public web. */
  caFile: string;
  /** Resolver of machines that get none by DHCP. */
  nameserver: string;
}

/** What a machine says of itself. */
export interface MachineStatus {
  stage: "booting" | "maintenance" | "configured" | "running" | "off";
  hostname?: string;
  role?: "controlplane" | "worker";
  addresses?: string[];
  /** What it waits for, or what failed. */
  problem?: string;
  /** Its Kubernetes Node is Ready. */
  nodeReady?: boolean;
  services?: { id: string; state: string; healthy: boolean; message: string }[];
}

/** What the machine in the folder has said last. */
export function statusIn(folder: string): MachineStatus | undefined {
  const file = join(folder, "status.json");
  return existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as MachineStatus) : undefined;
}

export class Machines {
  constructor(
    private readonly lab: NetnsLab,
    private readonly tools: MachineTools,
  ) {}

  namespaceOf(machine: Pick<Machine, "id" | "name">): Namespace {
    return new Namespace(this.lab.namespaceName(machineName(machine)));
  }

  isRunning(machine: Machine): boolean {
    return this.daemon(machine).id() !== undefined;
  }

  /** How often it was started, as `Machine.starts` counts. */
  starts(machine: Machine): number {
    const file = join(this.folder(machine), "starts");
    return existsSync(file) ? Number(readFileSync(file, "utf8")) : 0;
  }

  /** Switches it on; its network has to be there. What is on its disk stays. */
  async start(machine: Machine, extensions: string[]): Promise<void> {
    const folder = this.folder(machine);
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const userData = join(folder, "user-data");
    if (machine.userData !== undefined) writeFileSync(userData, machine.userData, { mode: 0o600 });
    const { binaries, images, imageNames, caFile, nameserver } = this.tools;
    const platform = {
      platform: machine.system?.platform,
      uuid: machine.id,
      name: machine.name,
      talosVersion: machine.system?.version,
      extensions,
      link: "eth0",
      dhcp: machine.attachment.kind === "lan",
      ...(machine.userData !== undefined && { userData }),
      cgroup: this.cgroup(machine),
      ...{ binaries, images, imageNames, caFile, nameserver },
    };
    writeFileSync(join(folder, "platform.json"), JSON.stringify(platform, undefined, 1), { mode: 0o600 });
    await this.daemon(machine).start();
    writeFileSync(join(folder, "starts"), String(machine.starts));
  }

  /** Pulls the plug. */
  async stop(machine: Pick<Machine, "id" | "name">): Promise<void> {
    const id = this.daemon(machine).id();
    if (id) await kill([id]);
    await this.daemon(machine).stop();
    await removeCgroup(this.cgroup(machine));
  }

  /** Takes a machine away that was stopped, with its disks and its namespace. */
  async remove(machine: Pick<Machine, "id" | "name">): Promise<void> {
    await this.namespaceOf(machine).remove();
    rmSync(this.folder(machine), { recursive: true, force: true });
  }

  status(machine: Pick<Machine, "id" | "name">): MachineStatus | undefined {
    return statusIn(this.folder(machine));
  }

  private cgroup(machine: Pick<Machine, "id" | "name">): string {
    return `${this.lab.cgroup}/${machineName(machine)}`;
  }

  private folder(machine: Pick<Machine, "id" | "name">): string {
    return this.lab.path("machines", machineName(machine));
  }

  private daemon(machine: Pick<Machine, "id" | "name">): Daemon {
    return new Daemon(this.lab, {
      name: `machine-${machineName(machine)}`,
      namespace: this.namespaceOf(machine),
      command: [this.tools.machine, "boot", "--dir", this.folder(machine)],
    });
  }
}
