import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Console, findBinaries } from "../../lab/engine";
import { engineEnv } from "../../lab/engine/engineEnv";
import { openWorldLab, root, type WorldLab } from "./harness";
import { type SeenFile, type SeenProcess, Watch } from "./secretsWatch";

/** Everything that a command showed or left while it ran. */
export interface Trace {
  command: string;
  ok: boolean;
  /** What it said, on stdout and stderr. */
  text: string;
  /** Files of the temporary folder, as they came and went. */
  files: SeenFile[];
  processes: SeenProcess[];
}

/** A lab whose temporary folder is its own, and whose commands are watched. */
export interface WatchedLab extends WorldLab {
  temporary: string;
  traces: Trace[];
  /** Runs `pulumi` on the stack, as a user would, from the program's folder; `secrets` are words of its environment. */
  pulumi(args: string[], options?: PulumiOptions): Promise<Trace>;
}

export interface PulumiOptions {
  /** @default lab */
  stack?: string;
  input?: string;
  env?: Record<string, string>;
  /** @default the program's */
  cwd?: string;
  /** Asked again and again while the command runs; it is killed, with all that it started, when this says so. */
  killWhen?: () => boolean;
}

export async function openWatchedLab(): Promise<WatchedLab> {
  const before = process.env["TMPDIR"];
  const temporary = realpathSync(mkdtempSync(join(tmpdir(), "watched-")));
  process.env["TMPDIR"] = temporary;
  const lab = await openWorldLab();
  const { pulumi: binary } = await findBinaries(new Console());
  const env = engineEnv(process.env, { folder: lab.folder, world: lab.world.env(), path: [lab.world.binDir] });
  const traces: Trace[] = [];

  const pulumi = async (args: string[], options: PulumiOptions = {}): Promise<Trace> => {
    const stack = options.stack ?? "lab";
    const programs = ["up", "preview", "refresh", "destroy"].includes(args[0] ?? "");
    const flags = [...args, "--stack", stack, "--non-interactive", "--color", "never"];
    if (programs) flags.push("--config-file", lab.folder.stackConfig(stack));
    const watch = new Watch(temporary, lab.folder.path);
    const child = spawn(binary, flags, {
      cwd: options.cwd ?? (programs ? root : lab.folder.project),
      env: { ...env, ...options.env },
      detached: true,
    });
    child.stdin.end(options.input ?? "");
    const text: string[] = [];
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (part: Buffer) => text.push(part.toString()));
    const code = await ended(child, options.killWhen);
    const trace = { command: `pulumi ${args.join(" ")}`, ok: code === 0, text: text.join(""), ...watch.stop() };
    traces.push(trace);
    return trace;
  };

  const close = async (): Promise<void> => {
    await lab.close();
    rmSync(temporary, { recursive: true, force: true });
    if (before === undefined) delete process.env["TMPDIR"];
    else process.env["TMPDIR"] = before;
  };
  return { ...lab, temporary, traces, pulumi, close };
}

async function ended(child: ChildProcess, killWhen?: () => boolean): Promise<number | null> {
  const timer = setInterval(() => {
    if (killWhen?.() !== true || child.pid === undefined) return;
    clearInterval(timer);
    process.kill(-child.pid, "SIGKILL");
  }, 20);
  try {
    return await new Promise((resolve, reject) => {
      child.on("error", reject);
      child.on("close", resolve);
    });
  } finally {
    clearInterval(timer);
  }
}
