/** Runs programs of the machine. An error carries the command and what it said. */
import { spawn } from "node:child_process";

export interface CommandOptions {
  /** What it reads; nothing by default. */
  input?: string;
  /** Its whole environment besides PATH. */
  env?: Record<string, string>;
  /** @default 60 000 */
  timeoutMs?: number;
}

/** Administration tools are not on everybody's PATH. */
export const PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** A command that did not end well. */
export class CommandError extends Error {
  constructor(
    readonly command: string,
    /** Exit code; undefined when it was ended or never began. */
    readonly code: number | undefined,
    readonly said: string,
  ) {
    super(`${command}: ${said === "" ? `exit code ${code ?? "none"}` : said}`);
    this.name = "CommandError";
  }
}

/** Runs a program to its end and gives its stdout; throws a `CommandError` otherwise. */
export function run(file: string, args: readonly string[], options: CommandOptions = {}): Promise<string> {
  const command = [file, ...args].join(" ");
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { env: { PATH, ...options.env }, stdio: ["pipe", "pipe", "pipe"] });
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    child.stdout.on("data", (chunk: Buffer) => out.push(chunk));
    child.stderr.on("data", (chunk: Buffer) => err.push(chunk));
    const timeoutMs = options.timeoutMs ?? 60_000;
    const timer = setTimeout(() => {
      err.push(Buffer.from(`\nno end after ${timeoutMs / 1000} s`));
      child.kill("SIGKILL");
    }, timeoutMs);
    child.on("error", (error) => {
      clearTimeout(timer);
      reject(new CommandError(command, undefined, error.message));
    });
    child.on("close", (code, signal) => {
      clearTimeout(timer);
      if (code === 0) resolve(Buffer.concat(out).toString("utf8"));
      else
        reject(
          new CommandError(command, code ?? undefined, Buffer.concat(err).toString("utf8").trim() || (signal ?? "")),
        );
    });
    // A program that ends early closes the pipe; its exit code says more than the failed write.
    child.stdin.on("error", () => undefined);
    child.stdin.end(options.input ?? "");
  });
}
