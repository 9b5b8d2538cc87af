import { spawn } from "node:child_process";
import { mkdirSync, renameSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { isExecutable } from "./cache";
import { type Console, duration } from "./console";
import { takeLock } from "./lock";
import { Mistake } from "./mistake";

/** A command of a Go module, pinned with all it needs by the go.mod and go.sum in `module`. */
export interface GoBinary {
  name: string;
  /** What sentences call it. */
  title: string;
  version: string;
  module: string;
  package: string;
  /** Go variable that the version is stamped into. */
  versionVariable: string;
}

/** Go fetches modules one by one and gives up at the first failure; what it has got is kept, so another try goes on from there. */
const downloadTries = 4;
const firstPauseMs = 4000;
const noteEverySeconds = 20;

/** Builds `binary` to `file`. Where another process is building it already, waits for that one. */
export async function buildBinary(
  binary: GoBinary,
  file: string,
  console: Console,
  env: NodeJS.ProcessEnv = process.env,
  pauseMs = firstPauseMs,
): Promise<void> {
  const lock = await waitForLock(`${dirname(file)}.lock`, binary, file, console);
  if (lock === undefined) return;
  const unfinished = `${file}.tmp`;
  try {
    mkdirSync(dirname(file), { recursive: true });
    console.line(
      `Building ${binary.title} ${binary.version} from its Go module: once for this machine, a few minutes.`,
    );
    const progress = new BuildProgress(binary, console);
    try {
      await download(binary, progress, env, pauseMs);
      await compile(binary, unfinished, progress, env);
    } finally {
      progress.stop();
    }
    renameSync(unfinished, file);
    console.line(`Built ${binary.title} in ${duration(progress.elapsed())}: ${file}`);
  } finally {
    rmSync(unfinished, { force: true });
    lock.release();
  }
}

async function waitForLock(lockFile: string, binary: GoBinary, file: string, console: Console) {
  for (let told = false; ;) {
    const lock = takeLock(lockFile);
    if (!("heldBy" in lock)) {
      if (!isExecutable(file)) return lock;
      lock.release();
      return undefined;
    }
    if (!told) console.line(`Process ${lock.heldBy} is building ${binary.title}; waiting for it.`);
    told = true;
    await sleep(500);
  }
}

/** Listing the packages makes Go fetch just the modules that this command is built from. */
async function download(
  binary: GoBinary,
  progress: BuildProgress,
  env: NodeJS.ProcessEnv,
  pauseMs: number,
): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    progress.phase("fetching modules");
    const result = await go(["list", "-mod=readonly", "-deps", "-f", "{{.ImportPath}}", binary.package], binary, env, {
      onOutput: () => undefined,
      onError: (line) => {
        if (line.startsWith("go: downloading ")) progress.count();
      },
    });
    if (result.code === 0) return;
    if (attempt === downloadTries || !looksLikeNetwork(result.errors)) throw buildMistake(binary, "fetch", result);
    await sleep(pauseMs * 2 ** (attempt - 1));
  }
}

async function compile(binary: GoBinary, out: string, progress: BuildProgress, env: NodeJS.ProcessEnv): Promise<void> {
  progress.phase("compiling packages");
  const stamp = `-s -w -X ${binary.versionVariable}=${binary.version}`;
  const args = ["build", "-mod=readonly", "-buildvcs=false", "-trimpath", "-v", "-ldflags", stamp, "-o", out];
  const result = await go([...args, binary.package], binary, env, {
    onOutput: () => undefined,
    // With -v, Go names each package that it compiles.
    onError: () => {
      progress.count();
    },
  });
  if (result.code !== 0) throw buildMistake(binary, "build", result);
}

interface GoResult {
  code: number | null;
  errors: string[];
}

interface GoListeners {
  onOutput: (line: string) => void;
  onError: (line: string) => void;
}

function go(args: string[], binary: GoBinary, env: NodeJS.ProcessEnv, listeners: GoListeners): Promise<GoResult> {
  return new Promise((resolve, reject) => {
    const child = spawn("go", args, {
      cwd: binary.module,
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
      const missing = `Go is needed to build ${binary.title}, and \`go\` is not on PATH. Install Go (https://go.dev/dl) and try again.`;
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

function buildMistake(binary: GoBinary, what: string, result: GoResult): Mistake {
  const said = result.errors.filter((line) => !line.startsWith("go: downloading ")).slice(-12);
  return new Mistake(
    [`Go could not ${what} ${binary.title} (exit code ${result.code ?? "none"}). It said:`, ...said].join("\n  "),
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
    private readonly binary: GoBinary,
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
    const text = `  ${this.binary.name}: ${this.name}${counted}, ${duration(this.elapsed())}`;
    this.console.status(text);
    if (this.console.isTerminal || Date.now() - this.noted < noteEverySeconds * 1000) return;
    this.noted = Date.now();
    this.console.line(text);
  }
}
