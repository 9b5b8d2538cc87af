/** Machines of the lab under test: the program is built once, each machine lives in a folder of its own. */
import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import * as path from "node:path";

export const talosctl =
  process.env["LAB_TALOSCTL"] ?? path.join(homedir(), ".cache", "talos-cloud-edge", "talosctl-v1.12.0", "talosctl");

const source = path.join(__dirname, "..", "..", "..", "lab", "machine");
const hierarchies = "/sys/fs/cgroup";

/** Why machines cannot run here. */
export function unfit(): string | undefined {
  if (process.platform !== "linux") return "machines of the lab need Linux";
  if (process.getuid?.() !== 0) return "machines of the lab need root";
  for (const tool of ["ip", "go", "containerd", "dnsmasq"]) {
    if (spawnSync("which", [tool]).status !== 0) return `machines of the lab need ${tool}`;
  }
  return existsSync(talosctl) ? undefined : "the real talosctl is not built";
}

export function build(folder: string): string {
  const binary = path.join(folder, "machine");
  const env = { ...process.env, CGO_ENABLED: "0", GOTOOLCHAIN: "local", GONOSUMDB: "github.com/siderolabs" };
  execFileSync("go", ["build", "-trimpath", "-buildvcs=false", "-o", binary, "."], { cwd: source, env, stdio: "pipe" });
  return binary;
}

export interface Status {
  stage: string;
  hostname: string;
  role: string;
  addresses: string[];
  problem?: string;
  services: { id: string; state: string; healthy: boolean; message: string }[];
}

export class Machine {
  private process: ChildProcess | undefined;
  private readonly cgroup: string;

  constructor(
    private readonly binary: string,
    readonly folder: string,
    readonly namespace: string,
    platform: Record<string, unknown>,
  ) {
    mkdirSync(folder, { recursive: true });
    this.cgroup = `tce-test-${process.pid}/${path.basename(folder)}`;
    const common = { talosVersion: "v1.12.0", uuid: "", name: "console", link: "eth0", dhcp: false, extensions: [] };
    const lent = { cgroup: this.cgroup, binaries: "", images: "", caFile: "" };
    writeFileSync(path.join(folder, "platform.json"), JSON.stringify({ ...common, ...lent, ...platform }));
  }

  on(): void {
    rmSync(path.join(this.folder, "status.json"), { force: true });
    const command = ["netns", "exec", this.namespace, this.binary, "boot", "--dir", this.folder];
    this.process = spawn("ip", command, { stdio: "ignore", detached: true });
  }

  get status(): Status | undefined {
    const file = path.join(this.folder, "status.json");
    return existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as Status) : undefined;
  }

  get console(): string {
    return readFileSync(path.join(this.folder, "console.log"), "utf8");
  }

  /** The machine's processes, by its groups in all cgroup hierarchies. */
  get processes(): number[] {
    return readdirSync(hierarchies, { recursive: true, encoding: "utf8" })
      .filter((file) => file.includes(this.cgroup) && file.endsWith("cgroup.procs"))
      .flatMap((file) => readFileSync(path.join(hierarchies, file), "utf8").split("\n"))
      .filter((line) => line !== "")
      .map(Number);
  }

  get hasCgroup(): boolean {
    return readdirSync(hierarchies, { recursive: true, encoding: "utf8" }).some((file) => file.includes(this.cgroup));
  }

  pressPowerButton(): void {
    this.signal("SIGTERM");
  }

  cutPower(): void {
    this.signal("SIGKILL");
  }

  async until(what: string, test: (status: Status) => boolean): Promise<Status> {
    for (const end = Date.now() + 30_000; Date.now() < end; await new Promise((resolve) => setTimeout(resolve, 100))) {
      const status = this.status;
      if (status && test(status)) return status;
    }
    throw new Error(`not ${what} in time: ${JSON.stringify(this.status)}\n${this.console}`);
  }

  private signal(signal: NodeJS.Signals): void {
    if (this.process?.pid !== undefined && this.process.exitCode === null) process.kill(this.process.pid, signal);
  }
}

/** Removes what the groups of power-cut machines left. */
export function removeCgroups(): void {
  const groups = readdirSync(hierarchies, { recursive: true, withFileTypes: true, encoding: "utf8" })
    .filter((entry) => entry.isDirectory() && `${entry.parentPath}/${entry.name}`.includes(`tce-test-${process.pid}`))
    .map((entry) => path.join(entry.parentPath, entry.name));
  for (const group of groups.sort((a, b) => b.length - a.length)) spawnSync("rmdir", [group]);
}
