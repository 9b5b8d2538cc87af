/** What /proc says of processes. Pure. */

export interface ProcessStat {
  pid: number;
  parent: number;
  /** Own CPU time, user and system, ms. */
  ownCpuMs: number;
  /** CPU time of children that have ended and were waited for, ms. */
  childrenCpuMs: number;
  /** Since the machine started, ms. */
  startedMs: number;
  /** Resident memory, bytes. */
  rss: number;
}

/** USER_HZ and the page size of every Linux that Node runs on, but for some ARM kernels with larger pages. */
const tickMs = 10;
const pageBytes = 4096;

/** A line of `/proc/<pid>/stat`. The name, in parentheses, may hold anything. */
export function parseStat(line: string): ProcessStat {
  const end = line.lastIndexOf(")");
  const fields = line
    .slice(end + 2)
    .split(" ")
    .map(Number);
  const field = (number: number): number => fields[number - 3] ?? 0;
  return {
    pid: Number.parseInt(line, 10),
    parent: field(4),
    ownCpuMs: (field(14) + field(15)) * tickMs,
    childrenCpuMs: (field(16) + field(17)) * tickMs,
    startedMs: field(22) * tickMs,
    rss: field(24) * pageBytes,
  };
}

export const kinds = ["engine", "program", "dynamic provider", "plugins", "language host"] as const;
export type Kind = (typeof kinds)[number];

function kindOf(command: string[]): Kind {
  const runs = (script: string): boolean => command.some((word) => word.endsWith(script));
  if (runs("@pulumi/pulumi/cmd/run")) return "program";
  if (runs("@pulumi/pulumi/cmd/dynamic-provider")) return "dynamic provider";
  return runs("/languageHost.cjs") ? "language host" : "plugins";
}

export interface Member {
  stat: ProcessStat;
  kind: Kind;
  /** CPU time to be counted for it, ms. */
  cpuMs: number;
}

/**
 * The engine and all processes below it. What a plugin starts (`talosctl`, `ssh`) is the plugin's: the kernel adds its CPU time to the
 * plugin's once it has ended, so it has none of its own here.
 */
export function family(all: ProcessStat[], engine: number, commandOf: (pid: number) => string[]): Member[] {
  const members: Member[] = all
    .filter(({ pid }) => pid === engine)
    .map((stat) => ({ stat, kind: "engine", cpuMs: stat.ownCpuMs }));
  for (const { stat: parent, kind } of members) {
    const startsTools = kind === "plugins" || kind === "dynamic provider";
    for (const stat of all.filter((candidate) => candidate.parent === parent.pid)) {
      const command = commandOf(stat.pid);
      // A process that has ended and was not waited for yet has no command left: what was seen before stands.
      if (command.length === 0) continue;
      members.push(startsTools ? { stat, kind, cpuMs: 0 } : member(stat, kindOf(command)));
    }
  }
  return members;
}

function member(stat: ProcessStat, kind: Kind): Member {
  const withTools = kind === "plugins" || kind === "dynamic provider";
  return { stat, kind, cpuMs: stat.ownCpuMs + (withTools ? stat.childrenCpuMs : 0) };
}

export type ByKind = Record<Kind, number>;

export function byKind(value: (kind: Kind) => number): ByKind {
  return Object.fromEntries(kinds.map((kind) => [kind, value(kind)])) as ByKind;
}

export function total(values: ByKind): number {
  return kinds.reduce((sum, kind) => sum + values[kind], 0);
}
