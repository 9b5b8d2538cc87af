import { writeFileSync } from "node:fs";
import { cpus, loadavg, totalmem } from "node:os";
import { type Binaries, type Console, findBinaries } from "../engine";
import { type NodesCase, nodesCase } from "./nodes";
import { benchHelp, parseOptions } from "./options";
import { type Overhead, overhead } from "./overhead";
import { type FreshStart, freshStart } from "./start";
import { type StartUp, startUp } from "./startUp";
import { freshStartLines, nodesLines, overheadLines, startUpLines } from "./tables";

/** What every measure needs. */
export interface Bench {
  /** The checkout. */
  root: string;
  binaries: Binaries;
  /** How often what takes seconds is run. */
  runs: number;
}

export interface Figures {
  machine: { cpu: string; cores: number; memoryBytes: number; node: string };
  date: string;
  /** Processes that wanted a core when the bench began, in the minute before: others' load makes every figure worse. */
  load: number;
  startUp?: StartUp;
  nodes: NodesCase[];
  overhead: Overhead[];
  freshStart?: FreshStart;
}

/** Numbers of edge nodes at which the program is compared with the bare one: where the start counts, and where resources do. */
const comparedAt = [1, 100];

/** Measures, prints tables, and writes the figures to a file where one is named. */
export async function bench(root: string, console: Console, args: string[]): Promise<number> {
  const options = parseOptions(args);
  if (options === undefined) {
    console.line(benchHelp);
    return 0;
  }
  const figures: Figures = {
    machine: {
      cpu: cpus()[0]?.model ?? "",
      cores: cpus().length,
      memoryBytes: totalmem(),
      node: process.version,
    },
    date: new Date().toISOString(),
    load: loadavg()[0] ?? 0,
    nodes: [],
    overhead: [],
  };
  console.line(`${figures.date}, ${figures.machine.cores} × ${figures.machine.cpu}, load ${figures.load.toFixed(1)}`);
  const common: Bench = { root, binaries: await findBinaries(console), runs: options.runs };

  if (options.only.includes("start-up")) {
    figures.startUp = await startUp(common);
    print(console, startUpLines(figures.startUp));
  }
  if (options.only.includes("nodes")) {
    for (const count of options.nodes) {
      const commands =
        count <= options.build ? (["preview", "up", "unchanged", "destroy"] as const) : (["preview"] as const);
      const tell = (so: NodesCase): void => {
        print(console, nodesLines([so]));
      };
      figures.nodes.push(await nodesCase(common, count, [...commands], tell));
    }
    print(console, nodesLines(figures.nodes));
  }
  if (options.only.includes("overhead")) {
    for (const count of comparedAt) {
      const compared = await overhead(common, count);
      figures.overhead.push(compared);
      print(console, overheadLines(compared));
    }
  }
  if (options.start) {
    figures.freshStart = await freshStart(root);
    print(console, freshStartLines(figures.freshStart));
  }
  if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(figures, undefined, 2)}\n`);
  return 0;
}

function print(console: Console, lines: string[]): void {
  console.line();
  for (const line of lines) console.line(line);
}
