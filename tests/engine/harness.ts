import { mkdtempSync, realpathSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Console, Engine, type EngineEvent, findBinaries, installHome, LabFolder, labPlugins } from "../../lab/engine";
import type { RunningWorld, WorldOptions } from "../../lab/world";

export const root = join(__dirname, "..", "..");

/** A lab of its own in a temporary folder: the real engine, and a world if the program needs one. */
export interface TestLab {
  folder: LabFolder;
  engine: Engine;
  /** The real talosctl. */
  talosctl: string;
  /** Events of the commands so far. */
  events: EngineEvent[];
  onEvent: (event: EngineEvent) => void;
  /** The engine on another stack of the same program and world; `apart` says what is different around it. */
  beside(stack: string, apart?: Apart): Promise<Engine>;
  close(): Promise<void>;
}

/** Surroundings of an engine that is not run where the others are. */
export interface Apart {
  env?: Record<string, string>;
  /** Folders that come before all others on PATH. */
  path?: string[];
}

export interface WorldLab extends TestLab {
  world: RunningWorld;
}

/** An engine on `program` without any world. */
export async function openLab(program: string): Promise<TestLab> {
  return open(program, () => Promise.resolve(undefined));
}

/** An engine on the real program, over a simulated world. */
export async function openWorldLab(program = root, options: Partial<WorldOptions> = {}): Promise<WorldLab> {
  const { startWorld } = await import("../../lab/world");
  let world: RunningWorld | undefined;
  const lab = await open(program, async (folder, talosctl) => {
    world = await startWorld({ ...options, dir: folder.world, talosctl });
    return world;
  });
  if (world === undefined) throw new Error("the world was not started");
  return { ...lab, world };
}

async function open(
  program: string,
  start: (folder: LabFolder, talosctl: string) => Promise<RunningWorld | undefined>,
): Promise<TestLab> {
  const binaries = await findBinaries(new Console());
  const folder = new LabFolder(realpathSync(mkdtempSync(join(tmpdir(), "lab-"))));
  folder.prepare();
  installHome(folder.home, labPlugins(root, binaries.bringsLanguageHost));
  const world = await start(folder, binaries.talosctl);
  const beside = async (stack: string, apart: Apart = {}): Promise<Engine> => {
    const path = [...(apart.path ?? []), ...(world ? [world.binDir] : [])];
    const surroundings = { folder, world: { ...world?.env(), ...apart.env }, path };
    const engine = new Engine({ binary: binaries.pulumi, program, stack, ...surroundings });
    await engine.prepareStack();
    return engine;
  };
  const engine = await beside("lab");
  const events: EngineEvent[] = [];
  return {
    folder,
    engine,
    talosctl: binaries.talosctl,
    beside,
    events,
    onEvent: (event) => events.push(event),
    close: async () => {
      await world?.close();
      folder.remove();
    },
  };
}

/** What the program and the engine said, in order. */
export function said(lab: TestLab): string[] {
  return lab.events.flatMap(({ diagnosticEvent }) =>
    diagnosticEvent && diagnosticEvent.severity.startsWith("info") ? [diagnosticEvent.message.trim()] : [],
  );
}

/** URNs of resources that an operation was begun on. */
export function begun(lab: TestLab, operation: string): string[] {
  return lab.events.flatMap(({ resourcePreEvent }) =>
    resourcePreEvent?.metadata.op === operation ? [resourcePreEvent.metadata.urn] : [],
  );
}

/** Names of the Nodes that are Ready. */
export function readyNodes(lab: WorldLab): string[] {
  return lab.world
    .summary()
    .nodes.filter(({ ready }) => ready)
    .map(({ name }) => name)
    .sort();
}

interface State {
  deployment: { resources?: { urn: string; type: string; id?: string }[]; pending_operations?: unknown[] };
}

export async function state(lab: TestLab): Promise<State["deployment"]> {
  return (JSON.parse(await lab.engine.exportState()) as State).deployment;
}
