import { mkdtempSync, realpathSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type Binaries,
  Engine,
  type EngineEvent,
  installHome,
  labPlugins,
  LabFolder,
  Mistake,
  type Outcome,
} from "../engine";
import { type RunningWorld, startWorld } from "../world";
import { type Sampled, Sampler } from "./sampler";

export interface BenchLabOptions {
  /** The checkout. */
  root: string;
  binaries: Binaries;
  /** Folder of the Pulumi program. */
  program: string;
  stack: string;
  /** Config values beside those of the stack's committed config file. */
  config: Record<string, unknown>;
  /** Environment of the program and the plugins, beside the world's. */
  env?: Record<string, string>;
}

export interface Measured extends Sampled {
  milliseconds: number;
  /** From the start of the program's process to its first resource after the stack itself, ms. */
  firstResourceMs: number | undefined;
  /** Resources that the command was about, the stack and components among them. */
  resources: number;
  /** The stack's checkpoint afterwards, bytes. */
  stateBytes: number;
  /** CPU time of this process, so of the world, and of what it started, ms. */
  worldCpuMs: number;
}

type Command = "preview" | "up" | "destroy";

/** A lab in a temporary folder, with one stack whose commands are measured. */
export class BenchLab {
  private constructor(
    private readonly folder: LabFolder,
    private readonly world: RunningWorld,
    private readonly engine: Engine,
    private readonly stack: string,
  ) {}

  static async open(options: BenchLabOptions): Promise<BenchLab> {
    const { root, binaries, program, stack } = options;
    const folder = new LabFolder(realpathSync(mkdtempSync(join(tmpdir(), "lab-bench-"))));
    folder.prepare();
    installHome(folder.home, labPlugins(root, binaries.bringsLanguageHost));
    const world = await startWorld({ dir: folder.world, talosctl: binaries.talosctl });
    const surroundings = { folder, world: { ...world.env(), ...options.env }, path: [world.binDir] };
    const engine = new Engine({ binary: binaries.pulumi, program, stack, ...surroundings });
    await engine.prepareStack();
    for (const [key, value] of Object.entries(options.config)) engine.setConfig(key, value);
    return new BenchLab(folder, world, engine, stack);
  }

  /** Runs a command, which has to end well. */
  async run(command: Command, onEvent: (event: EngineEvent) => void = () => undefined): Promise<Measured> {
    let firstResource: number | undefined;
    const sampler = new Sampler(() => this.engine.pid);
    const cpuBefore = process.cpuUsage();
    let outcome: Outcome;
    let sampled: Sampled;
    try {
      outcome = await this.engine[command]((event) => {
        if (isResource(event)) firstResource ??= Date.now();
        onEvent(event);
      });
    } finally {
      sampled = sampler.stop();
    }
    const cpu = process.cpuUsage(cpuBefore);
    if (!outcome.ok)
      throw new Mistake(`The ${command} of the stack ${this.stack} failed:\n${outcome.errors.join("\n")}`);
    const { programStarted } = sampled;
    return {
      ...sampled,
      milliseconds: outcome.milliseconds,
      firstResourceMs: programStarted && firstResource && firstResource - programStarted,
      resources: Object.values(outcome.changes).reduce((sum, count) => sum + count, 0),
      stateBytes: this.stateBytes(),
      worldCpuMs: (cpu.user + cpu.system) / 1000,
    };
  }

  async close(): Promise<void> {
    await this.world.close();
    this.folder.remove();
  }

  private stateBytes(): number {
    const file = join(this.folder.state, ".pulumi", "stacks", "talos-cloud-edge", `${this.stack}.json`);
    return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  }
}

/** The SDK says of every resource that it hands it to the engine; the stack itself is the first. */
function isResource({ diagnosticEvent }: EngineEvent): boolean {
  const { message = "" } = diagnosticEvent ?? {};
  return message.includes("RegisterResource RPC prepared") && !message.includes("t=pulumi:pulumi:Stack");
}
