/** Long-running programs of the lab. They live on when the lab's own process ends, and are found again by their pid files. */
import { spawn } from "node:child_process";
import { closeSync, existsSync, openSync, readFileSync, rmSync } from "node:fs";
import { PATH } from "./command";
import type { NetnsLab } from "./lab";
import type { Namespace } from "./net/namespace";
import { ended, isAlive, signal } from "./processes";
import type { ProcessId } from "./processes";

export interface DaemonSpec {
  /** Name of its pid file and log. */
  name: string;
  /** Left out: the machine's own network, where the program looks for its place itself. */
  namespace?: Namespace;
  command: [string, ...string[]];
  env?: Record<string, string>;
  /** A file that the program sees as /etc/resolv.conf. */
  resolvConf?: string;
}

/**
 * The pid file is written by what becomes the program itself: were it written here, a lab that is killed right now would leave a program that
 * nobody knows.
 */
const RECORDED =
  'start=$(cut -d " " -f 22 /proc/$$/stat) && echo "{\\"pid\\":$$,\\"start\\":\\"$start\\"}" >"$1.new" && mv "$1.new" "$1" && shift && exec "$@"';
const WITH_RESOLV_CONF = 'mount --bind "$1" /etc/resolv.conf && shift && exec "$@"';

export class Daemon {
  constructor(
    private readonly lab: NetnsLab,
    private readonly spec: DaemonSpec,
  ) {}

  get logFile(): string {
    return this.lab.path("logs", `${this.spec.name}.log`);
  }

  private get pidFile(): string {
    return this.lab.path("processes", `${this.spec.name}.json`);
  }

  /** The running process. */
  id(): ProcessId | undefined {
    if (!existsSync(this.pidFile)) return undefined;
    try {
      const id = JSON.parse(readFileSync(this.pidFile, "utf8")) as ProcessId;
      return isAlive(id) ? id : undefined;
    } catch {
      return undefined;
    }
  }

  /** Starts it where it does not run. @returns whether it was started now */
  async start(): Promise<boolean> {
    if (this.id()) return false;
    const { namespace, command, env, resolvConf } = this.spec;
    const inside =
      resolvConf === undefined
        ? command
        : [
            "unshare",
            "--mount",
            "--propagation",
            "private",
            "sh",
            "-c",
            WITH_RESOLV_CONF,
            "sh",
            resolvConf,
            ...command,
          ];
    const start = namespace ? ["nsenter", `--net=${namespace.path}`, "--", ...inside] : inside;
    rmSync(this.pidFile, { force: true });
    const log = openSync(this.logFile, "a", 0o600);
    try {
      const child = spawn("sh", ["-c", RECORDED, "sh", this.pidFile, ...start], {
        cwd: "/",
        detached: true,
        env: { PATH, HOME: "/root", ...env },
        stdio: ["ignore", log, log],
      });
      await new Promise<void>((resolve, reject) => {
        child.once("spawn", resolve);
        child.once("error", reject);
      });
      child.unref();
    } finally {
      closeSync(log);
    }
    for (let waited = 0; !existsSync(this.pidFile); waited += 5) {
      if (waited > 10_000) throw new Error(`${this.spec.name} does not start: ${this.lastWords()}`);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    return true;
  }

  signal(name: NodeJS.Signals): void {
    const id = this.id();
    if (id) signal(id, name);
  }

  /** Asks it to end, and makes it after a while. */
  async stop(patienceMs = 3000): Promise<void> {
    const id = this.id();
    if (id) {
      signal(id, "SIGTERM");
      for (const left of await ended([id], patienceMs)) signal(left, "SIGKILL");
      await ended([id], 5000);
    }
    rmSync(this.pidFile, { force: true });
  }

  /** Waits until the question is answered with yes; throws when the program ends before, or takes too long. */
  async until(what: string, ask: () => Promise<boolean> | boolean, patienceMs = 20_000): Promise<void> {
    const end = Date.now() + patienceMs;
    while (!(await ask())) {
      if (!this.id()) throw new Error(`${this.spec.name} ended before ${what}: ${this.lastWords()}`);
      if (Date.now() > end)
        throw new Error(`${this.spec.name}: not ${what} after ${patienceMs / 1000} s: ${this.lastWords()}`);
      await new Promise((resolve) => setTimeout(resolve, 30));
    }
  }

  private lastWords(): string {
    const lines = existsSync(this.logFile) ? readFileSync(this.logFile, "utf8").trim().split("\n") : [];
    return lines.slice(-4).join("; ");
  }
}
