import { join } from "node:path";
import {
  type Binaries,
  type Console,
  Engine,
  findNetnsTools,
  installHome,
  labPlugins,
  LabFolder,
  Mistake,
  takeLock,
} from "../engine";
import { type RunningWorld, startWorld } from "../world";
import { keepWorldKind, type WorldKind, worldKind } from "./worldKind";

/** The lab of a checkout, ready for engine commands: its folder locked, its world running. */
export interface Session {
  folder: LabFolder;
  kind: WorldKind;
  world: RunningWorld;
  /** The engine on a stack, which is there from then on. */
  engine(stack: string): Promise<Engine>;
  /** Saves the world and lets go of the folder. */
  close(): Promise<void>;
}

export interface SessionOptions {
  root: string;
  folder: LabFolder;
  binaries: Binaries;
  console: Console;
  /** The world that is asked for. @default the one that is there */
  world?: string;
}

/** The stack that holds the cloud. */
export const cloudStack = "lab";

export async function openSession(options: SessionOptions): Promise<Session> {
  const { root, folder, binaries, console } = options;
  const kind = worldKind(folder, options.world);
  const netns = kind === "netns" ? await findNetnsTools(console) : undefined;
  const lock = takeLock(folder.lock);
  if ("heldBy" in lock)
    throw new Mistake(
      `Another lab command (process ${lock.heldBy}) is at work in this checkout. Wait until it is done.`,
    );
  const release = (): void => {
    lock.release();
  };
  process.once("exit", release);
  try {
    folder.prepare();
    installHome(folder.home, labPlugins(root, binaries.bringsLanguageHost));
    keepWorldKind(folder, kind);
    const log = (line: string): void => {
      if (process.env["LAB_LOG"]) console.line(`  world: ${line}`);
    };
    const world = await startWorld({ dir: folder.world, talosctl: binaries.talosctl, netns, log });
    return {
      folder,
      kind,
      world,
      engine: async (stack) => {
        const surroundings = { folder, world: world.env(), path: [world.binDir] };
        const engine = new Engine({ binary: binaries.pulumi, program: root, stack, ...surroundings });
        await engine.prepareStack();
        return engine;
      },
      close: async () => {
        await world.close();
        lock.release();
        process.off("exit", release);
      },
    };
  } catch (error) {
    lock.release();
    throw error;
  }
}

export function checkoutFolder(root: string): LabFolder {
  return new LabFolder(join(root, ".lab"));
}
