import { type ChildProcess, execFile, spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { parse, stringify } from "yaml";
import { type EngineEvent, labelOf, type Outcome, parseEvent, plainText, resourceOf } from "./events";
import { clearDeadLocks } from "./backendLocks";
import { engineEnv, type EngineSurroundings } from "./engineEnv";
import { messageOf, Mistake } from "./mistake";
import { killProcess, type Process, processTree } from "./processTree";

const run = promisify(execFile);
const maxOutputBytes = 256 * 1024 * 1024;

export interface EngineOptions extends EngineSurroundings {
  /** The `pulumi` binary. */
  binary: string;
  /** Folder of the Pulumi program. */
  program: string;
  stack: string;
  /** How many resource operations run at a time. */
  parallel?: number;
}

/** What dies: the engine with all it has started, as on a machine that crashes, the engine alone, or the program alone. */
export type Victim = "everything" | "engine" | "program";

export type OnEvent = (event: EngineEvent) => void;

/** The real Pulumi engine on one stack in the lab's file backend. */
export class Engine {
  private readonly env: NodeJS.ProcessEnv;
  private current: ChildProcess | undefined;
  private interrupted = false;

  constructor(private readonly options: EngineOptions) {
    this.env = engineEnv(process.env, options);
  }

  /** Makes the stack where it isn't there, and brings its config file up to date with the program's. */
  async prepareStack(): Promise<void> {
    const { folder, program, stack } = this.options;
    clearDeadLocks(folder.state);
    mkdirSync(folder.project, { recursive: true });
    const { name } = parse(readFileSync(join(program, "Pulumi.yaml"), "utf8")) as { name: string };
    writeFileSync(join(folder.project, "Pulumi.yaml"), stringify({ name, runtime: "nodejs" }));
    // `stack init` writes the salt of its secrets into the stack's config file: here not into the committed one.
    const salted = join(folder.project, `Pulumi.${stack}.yaml`);
    if (!existsSync(salted)) await this.command(["stack", "init", stack, "--no-select"], folder.project);
    const { encryptionsalt } = parse(readFileSync(salted, "utf8")) as { encryptionsalt: string };
    const committed = join(program, `Pulumi.${stack}.yaml`);
    const config = existsSync(committed) ? readConfig(committed) : null;
    folder.writeSecret(folder.stackConfig(stack), stringify({ ...config, encryptionsalt }));
  }

  /** Sets a value in the lab's copy of the stack's config. */
  setConfig(key: string, value: unknown): void {
    const { folder, stack } = this.options;
    const file = folder.stackConfig(stack);
    const content = parse(readFileSync(file, "utf8")) as { config?: Record<string, unknown> };
    folder.writeSecret(file, stringify({ ...content, config: { ...content.config, [key]: value } }));
  }

  /** Sets a value in the lab's copy of the stack's config, encrypted. */
  async setSecret(key: string, value: string): Promise<void> {
    const { folder, stack } = this.options;
    const flags = ["--secret", ...this.stack(), "--config-file", folder.stackConfig(stack)];
    await this.command(["config", "set", key, ...flags], folder.project, value);
  }

  up(onEvent: OnEvent, ...flags: string[]): Promise<Outcome> {
    return this.operation("up", ["--yes", "--skip-preview", ...this.parallel(), ...flags], onEvent);
  }

  preview(onEvent: OnEvent, ...flags: string[]): Promise<Outcome> {
    return this.operation("preview", [...this.parallel(), ...flags], onEvent);
  }

  refresh(onEvent: OnEvent, ...flags: string[]): Promise<Outcome> {
    return this.operation("refresh", ["--yes", "--skip-preview", ...this.parallel(), ...flags], onEvent);
  }

  destroy(onEvent: OnEvent, ...flags: string[]): Promise<Outcome> {
    return this.operation("destroy", ["--yes", "--skip-preview", ...this.parallel(), ...flags], onEvent);
  }

  /** The stack's outputs, secret ones in clear. */
  async outputs(): Promise<Record<string, unknown>> {
    const text = await this.command(["stack", "output", "--json", "--show-secrets", ...this.stack()]);
    return JSON.parse(text) as Record<string, unknown>;
  }

  /** The stack's state as it lies on disk, secrets encrypted. */
  async exportState(): Promise<string> {
    return this.command(["stack", "export", ...this.stack()]);
  }

  async removeStack(): Promise<void> {
    await this.command(["stack", "rm", "--yes", "--remove-backups", ...this.stack()]);
  }

  /** Asks the running command to finish what it has begun and stop. Asked again, the engine stops at once. */
  interrupt(): void {
    this.interrupted = true;
    this.current?.kill("SIGINT");
  }

  /**
   * Kills the running command without a word.
   *
   * @returns the processes that it consisted of; those that were spared end by themselves.
   */
  kill(victim: Victim): Process[] {
    const engine = this.current?.pid;
    if (engine === undefined) return [];
    const others = processTree(engine);
    if (victim === "program") {
      const program = others.find(({ command }) => command.includes("@pulumi/pulumi/cmd/run"));
      if (program) killProcess(program.pid);
      return others;
    }
    killProcess(engine);
    if (victim === "everything") for (const { pid } of others) killProcess(pid);
    return others;
  }

  /** Process of the running command. */
  get pid(): number | undefined {
    return this.current?.pid;
  }

  private stack(): string[] {
    return ["--stack", this.options.stack];
  }

  private parallel(): string[] {
    return this.options.parallel === undefined ? [] : ["--parallel", String(this.options.parallel)];
  }

  /** A command that reads or writes the backend only: never run in the program's folder, whose config files it could touch. */
  private async command(args: string[], cwd = this.options.folder.project, input = ""): Promise<string> {
    const all = [...args, "--non-interactive", "--color", "never"];
    try {
      const running = run(this.options.binary, all, { cwd, env: this.env, maxBuffer: maxOutputBytes });
      running.child.stdin?.end(input);
      return (await running).stdout;
    } catch (error) {
      const said = (error as { stderr?: string }).stderr?.trim() ?? "";
      throw new Mistake(`\`pulumi ${args.slice(0, 2).join(" ")}\` failed: ${said || messageOf(error)}`);
    }
  }

  private operation(name: string, flags: string[], onEvent: OnEvent): Promise<Outcome> {
    const { folder, stack } = this.options;
    const args = [name, "--json", ...this.stack(), "--config-file", folder.stackConfig(stack), ...flags];
    const started = Date.now();
    const gathered = new Gathered();
    this.interrupted = false;
    return new Promise((resolve, reject) => {
      const child = spawn(this.options.binary, [...args, "--non-interactive", "--color", "never"], {
        cwd: this.options.program,
        env: this.env,
        stdio: ["ignore", "pipe", "pipe"],
        // In a group of its own a Ctrl-C at the terminal reaches it once, through interrupt().
        detached: true,
      });
      this.current = child;
      createInterface({ input: child.stdout }).on("line", (line) => {
        const event = parseEvent(line);
        if (event === undefined) return;
        gathered.add(event);
        onEvent(event);
      });
      createInterface({ input: child.stderr }).on("line", (line) => {
        gathered.stderr.push(line);
      });
      child.on("error", reject);
      child.on("close", (code) => {
        this.current = undefined;
        resolve({
          ok: code === 0,
          changes: gathered.changes,
          errors: code === 0 ? gathered.errors : gathered.reasons(name, code),
          warnings: gathered.warnings,
          milliseconds: Date.now() - started,
          interrupted: this.interrupted,
        });
      });
    });
  }
}

/** What the engine adds to every failure. */
const generic = /^(update|preview|refresh|destroy) failed$/;

/** `Instance setup02-cluster-master-1: `, before what is said of a resource. */
function about(urn: string): string {
  const { type } = resourceOf(urn);
  return type === "pulumi:pulumi:Stack" ? "" : `${labelOf(urn)}: `;
}

class Gathered {
  changes: Record<string, number> = {};
  readonly errors: string[] = [];
  readonly warnings: string[] = [];
  readonly stderr: string[] = [];

  add(event: EngineEvent): void {
    if (event.summaryEvent) {
      this.changes = { ...event.summaryEvent.resourceChanges };
    }
    const said = event.diagnosticEvent;
    if (said === undefined) return;
    const message = plainText(said.message);
    if (message === "" || generic.test(message)) return;
    const text = said.urn ? `${about(said.urn)}${message}` : message;
    if (said.severity === "error" && !this.errors.includes(text)) this.errors.push(text);
    if (said.severity === "warning" && !this.warnings.includes(text)) this.warnings.push(text);
  }

  /** Why it failed: what was said in events, and what the engine itself says at the end where events said nothing. */
  reasons(name: string, code: number | null): string[] {
    if (this.errors.length > 0) return this.errors;
    const said = this.stderr.join("\n").trim();
    return [said === "" ? `\`pulumi ${name}\` ended with exit code ${code ?? "none"}.` : said];
  }
}

/** @throws Mistake where the file can't be read, and where a setting stands beside `config:`, as Pulumi would pass over it without a word. */
export function readConfig(file: string): object | null {
  let content: object | null;
  try {
    content = parse(readFileSync(file, "utf8")) as object | null;
  } catch (error) {
    const [reason = ""] = messageOf(error).split("\n");
    throw new Mistake(`${basename(file)} is not YAML: ${reason.replace(/:$/, "")}.`);
  }
  const stray = Object.keys(content ?? {}).find((key) => key.includes(":"));
  if (stray === undefined) return content;
  throw new Mistake(
    `${stray} stands beside config: in ${basename(file)}, where nothing reads it; write it below config:, indented by two.`,
  );
}
