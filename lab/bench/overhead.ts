import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { EngineEvent } from "../engine";
import type { Bench } from "./bench";
import { BenchLab, type Measured } from "./benchLab";
import { total } from "./processes";
import { type RecordedResource, recordedResources } from "./recording";
import { edgeNodes } from "./stackConfig";
import { type Spread, spread } from "./statistics";

interface Cost {
  wallMs: Spread;
  /** CPU time of the engine, the program and all plugins. */
  cpuMs: Spread;
  /** From the start of the program's process to its first resource. */
  firstResourceMs: Spread;
  resources: number;
}

export interface Overhead {
  nodes: number;
  program: Cost;
  bare: Cost;
  /** The program's median wall time by the bare program's. */
  ratio: number;
  cpuRatio: number;
}

/** The program's preview on an empty state against that of a program that registers the same resources and does nothing else. */
export async function overhead(bench: Bench, nodes: number): Promise<Overhead> {
  const folder = mkdtempSync(join(tmpdir(), "lab-bench-recording-"));
  const recording = join(folder, "recording.json");
  const program = await BenchLab.open({ ...bench, program: bench.root, stack: "bench", config: edgeNodes(nodes) });
  try {
    writeFileSync(recording, JSON.stringify(await record(program)));
    const env = { BENCH_RECORDING: recording };
    const bareProgram = join(__dirname, "bare");
    const bare = await BenchLab.open({ ...bench, program: bareProgram, stack: "bare", config: bareConfig(nodes), env });
    try {
      const runs: { program: Measured; bare: Measured }[] = [];
      // In turns, so that what else happens on the machine meets both.
      for (let run = 0; run < bench.runs; run++) {
        runs.push({ program: await program.run("preview"), bare: await bare.run("preview") });
      }
      const costs = { program: cost(runs.map((run) => run.program)), bare: cost(runs.map((run) => run.bare)) };
      return {
        nodes,
        ...costs,
        ratio: costs.program.wallMs.median / costs.bare.wallMs.median,
        cpuRatio: costs.program.cpuMs.median / costs.bare.cpuMs.median,
      };
    } finally {
      await bare.close();
    }
  } finally {
    await program.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function record(lab: BenchLab): Promise<RecordedResource[]> {
  const events: EngineEvent[] = [];
  await lab.run("preview", (event) => events.push(event));
  return recordedResources(events);
}

/** The providers' settings, without the program's. */
function bareConfig(nodes: number): Record<string, unknown> {
  const own = Object.entries(edgeNodes(nodes)).filter(([key]) => !key.startsWith("talos-cloud-edge:"));
  return Object.fromEntries(own);
}

function cost(runs: Measured[]): Cost {
  return {
    wallMs: spread(runs.map(({ milliseconds }) => milliseconds)),
    cpuMs: spread(runs.map(({ cpu }) => total(cpu))),
    firstResourceMs: spread(runs.flatMap(({ firstResourceMs }) => firstResourceMs ?? [])),
    resources: runs[0]?.resources ?? 0,
  };
}
