import { spawn } from "node:child_process";
import { mkdirSync, renameSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { isExecutable } from "./cache";
import { type Console, duration } from "./console";
import { takeLock } from "./lock";
import { Mistake } from "./mistake";

/** Programs of one Go module, pinned with all they need by the go.mod and go.sum in `module`. Built together, they share what they have in common. */
export interface GoBuild {
  name: string;
  /** What sentences call them. */
  title: string;
  version: string;
  module: string;
  /** The package of each program, by the program's name. */
  programs: Record<string, string>;
  /** Go variables and what is stamped into them. */
  stamps: Record<string, string>;
  /** Compile without optimisation: a third faster, for programs that have little to do. */
  isUnoptimised?: boolean;
}

/** Go fetches modules one by one and gives up at the first failure; what it has got is kept, so another try goes on from there. */
const downloadTries = 4;
const firstPauseMs = 4000;
const noteEverySeconds = 20;

/** Builds the programs into `folder`, all or none. Where another process is building them already, waits for that one. */
export async function buildPrograms(
  build: GoBuild,
  folder: string,
  console: Console,
  env: NodeJS.ProcessEnv = process.env,
  pauseMs = firstPauseMs,
): Promise<void> {
  mkdirSync(dirname(folder), { recursive: true });
  const lock = await waitForLock(`${folder}.lock`, build, folder, console);
  if (lock === undefined) return;
  const unfinished = `${folder}.tmp`;
  try {
    rmSync(unfinished, { recursive: true, force: true });
    mkdirSync(unfinished);
    console.line(`Building ${build.title} ${build.version} from its Go module: once for this machine, a few minutes.`);
    const progress = new BuildProgress(build, console);
    try {
      await download(build, progress, env, pauseMs);
      await compile(build, unfinished, progress, env);
    } finally {
      progress.stop();
    }
    rmSync(folder, { recursive: true, force: true });
    renameSync(unfinished, folder);
    console.line(`Built ${build.title} in ${duration(progress.elapsed())}: ${folder}`);
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
    lock.release();
  }
}

/** Whether all programs lie in the folder. */
export function isBuilt(build: GoBuild, folder: string): boolean {
  return Object.keys(build.programs).every((name) => isExecutable(join(folder, name)));
}

async function waitForLock(lockFile: string, build: GoBuild, folder: string, console: Console) {
  for (let told = false; ;) {
    const lock = takeLock(lockFile);
    if (!("heldBy" in lock)) {
      if (!isBuilt(build, folder)) return lock;
      lock.release();
      return undefined;
    }
    if (!told) console.line(`Process ${lock.heldBy} is building ${build.title}; waiting for it.`);
    told = true;
    await sleep(500);
  }
}

/** Listing the packages makes Go fetch just the modules that the programs are built from. */
async function download(
  build: GoBuild,
  progress: BuildProgress,
  env: NodeJS.ProcessEnv,
  pauseMs: number,
): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    progress.phase("fetching modules");
    const result = await go(
      ["list", "-mod=readonly", "-deps", "-f", "{{.ImportPath}}", ...packagesOf(build)],
      build,
      env,
      {
        onOutput: () => undefined,
        onError: (line) => {
          if (line.startsWith("go: downloading ")) progress.count();
        },
      },
    );
    if (result.code === 0) return;
    if (attempt === downloadTries || !looksLikeNetwork(result.errors)) throw buildMistake(build, "fetch", result);
    await sleep(pauseMs * 2 ** (attempt - 1));
  }
}

async function compile(build: GoBuild, out: string, progress: BuildProgress, env: NodeJS.ProcessEnv): Promise<void> {
  progress.phase("compiling packages");
  const stamps = Object.entries(build.stamps).map(([variable, value]) => `-X ${variable}=${value}`);
  const args = [
    "build",
    "-mod=readonly",
    "-buildvcs=false",
    "-trimpath",
    "-v",
    "-ldflags",
    ["-s -w", ...stamps].join(" "),
  ];
  const unoptimised = build.isUnoptimised ? ["-gcflags=all=-N -l"] : [];
  const result = await go([...args, ...unoptimised, "-o", `${out}/`, ...packagesOf(build)], build, env, {
    onOutput: () => undefined,
    // With -v, Go names each package that it compiles.
    onError: () => {
      progress.count();
    },
  });
  if (result.code !== 0) throw buildMistake(build, "build", result);
  for (const [name, path] of Object.entries(build.programs)) {
    const built = builtName(path);
    if (built !== name) renameSync(join(out, built), join(out, name));
  }
}

function packagesOf(build: GoBuild): string[] {
  return Object.values(build.programs);
}

/** Go names a program after its package's folder, or after the one above where that is a major version. */
function builtName(path: string): string {
  const parts = path.split("/").filter((part) => !/^v\d+$/.test(part));
  return parts.at(-1) ?? path;
}

interface GoResult {
  code: number | null;
  errors: string[];
}

interface GoListeners {
  onOutput: (line: string) => void;
  onError: (line: string) => void;
}

function go(args: string[], build: GoBuild, env: NodeJS.ProcessEnv, listeners: GoListeners): Promise<GoResult> {
  return new Promise((resolve, reject) => {
    const child = spawn("go", args, {
      cwd: build.module,
      env: { ...env, CGO_ENABLED: "0", GOWORK: "off" },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const errors: string[] = [];
    createInterface({ input: child.stdout }).on("line", listeners.onOutput);
    createInterface({ input: child.stderr }).on("line", (line) => {
      errors.push(line);
      if (errors.length > 40) errors.shift();
      listeners.onError(line);
    });
    child.on("error", (error: NodeJS.ErrnoException) => {
      const missing = `Go is needed to build ${build.title}, and \`go\` is not on PATH. Install Go (https://go.dev/dl) and try again.`;
      reject(error.code === "ENOENT" ? new Mistake(missing) : error);
    });
    child.on("close", (code) => {
      resolve({ code, errors });
    });
  });
}

function looksLikeNetwork(errors: string[]): boolean {
  return /timeout|timed out|connection re|unexpected EOF|TLS handshake|no such host|temporary failure|50[0-9] |stream error/i.test(
    errors.join("\n"),
  );
}

function buildMistake(build: GoBuild, what: string, result: GoResult): Mistake {
  const said = result.errors.filter((line) => !line.startsWith("go: downloading ")).slice(-12);
  return new Mistake(
    [`Go could not ${what} ${build.title} (exit code ${result.code ?? "none"}). It said:`, ...said].join("\n  "),
  );
}

/** What a build is at: live on a terminal, a line every now and then elsewhere. */
class BuildProgress {
  private readonly started = Date.now();
  private name = "starting";
  private counted = 0;
  private noted = Date.now();
  private readonly timer: NodeJS.Timeout;

  constructor(
    private readonly subject: GoBuild,
    private readonly console: Console,
  ) {
    this.timer = setInterval(() => {
      this.show();
    }, 1000);
  }

  phase(name: string): void {
    this.name = name;
    this.counted = 0;
    this.show();
  }

  count(): void {
    this.counted++;
  }

  elapsed(): number {
    return Date.now() - this.started;
  }

  stop(): void {
    clearInterval(this.timer);
    this.console.status("");
  }

  private show(): void {
    const counted = this.counted > 0 ? ` (${this.counted} so far)` : "";
    const text = `  ${this.subject.name}: ${this.name}${counted}, ${duration(this.elapsed())}`;
    this.console.status(text);
    if (this.console.isTerminal || Date.now() - this.noted < noteEverySeconds * 1000) return;
    this.noted = Date.now();
    this.console.line(text);
  }
}
