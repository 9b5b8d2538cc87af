import { readdirSync, readFileSync } from "node:fs";
import { type ByKind, byKind, family, type Kind, parseStat, type ProcessStat, total } from "./processes";

const intervalMs = 100;

export interface Sampled {
  /** Resident memory at the moment when the sum was highest, bytes. What processes share counts for each of them. */
  peak: ByKind;
  /** CPU time, ms; of a process that ended, up to one look before its end. */
  cpu: ByKind;
  /** When the program's process was started, ms since 1970. */
  programStarted: number | undefined;
}

/** Looks, ten times a second, at an engine and the processes below it. */
export class Sampler {
  private readonly known = new Map<string, { kind: Kind; cpuMs: number }>();
  private peak = byKind(() => 0);
  private programStarted: number | undefined;
  private readonly timer: NodeJS.Timeout;

  constructor(private readonly engine: () => number | undefined) {
    this.timer = setInterval(() => {
      this.look();
    }, intervalMs);
  }

  stop(): Sampled {
    clearInterval(this.timer);
    const cpu = byKind(() => 0);
    for (const { kind, cpuMs } of this.known.values()) cpu[kind] += cpuMs;
    return { peak: this.peak, cpu, programStarted: this.programStarted };
  }

  private look(): void {
    const root = this.engine();
    if (root === undefined) return;
    const now = byKind(() => 0);
    for (const { stat, kind, cpuMs } of family(allProcesses(), root, commandOf)) {
      now[kind] += stat.rss;
      // The start tells a process from an earlier one of the same number.
      this.known.set(`${stat.pid} ${stat.startedMs}`, { kind, cpuMs });
      if (kind === "program") this.programStarted ??= Date.now() - (uptimeMs() - stat.startedMs);
    }
    if (total(now) > total(this.peak)) this.peak = now;
  }
}

function allProcesses(): ProcessStat[] {
  return readdirSync("/proc")
    .filter((entry) => /^\d+$/.test(entry))
    .flatMap((pid) => {
      const line = read(`/proc/${pid}/stat`);
      return line === "" ? [] : [parseStat(line)];
    });
}

function commandOf(pid: number): string[] {
  return read(`/proc/${pid}/cmdline`)
    .split("\0")
    .filter((word) => word !== "");
}

function uptimeMs(): number {
  return Number.parseFloat(read("/proc/uptime")) * 1000;
}

/** Nothing of a process that has just ended. */
function read(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
