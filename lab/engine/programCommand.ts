import { createRequire } from "node:module";
import { dirname } from "node:path";

/** One run of a Pulumi program, as the engine asks for it. */
export interface ProgramRun {
  /** Address of the engine's log service. */
  engine: string;
  /** Address of the resource monitor that the program registers its resources with. */
  monitor: string;
  organization: string;
  project: string;
  stack: string;
  /** Where Pulumi.yaml lies. */
  rootDirectory: string;
  programDirectory: string;
  /** `main` of Pulumi.yaml, or `.`. */
  entryPoint: string;
  arguments: string[];
  dryRun: boolean;
  /** How many resource operations run at a time. */
  parallel: number;
  config: Record<string, string>;
  secretKeys: string[];
  /** `runtime.options` of Pulumi.yaml. */
  options: Record<string, unknown>;
}

export interface ProgramCommand {
  /** Arguments of node. */
  args: string[];
  env: NodeJS.ProcessEnv;
  cwd: string;
}

/** The SDK that the program itself uses: the monitor's client must be of the version that the program was written for. */
function runScript(programDirectory: string): string {
  const resolve = createRequire(`${programDirectory}/`).resolve;
  return dirname(resolve("@pulumi/pulumi/cmd/run/index.js"));
}

export function programCommand(run: ProgramRun, env: NodeJS.ProcessEnv): ProgramCommand {
  const args = [
    ...nodeArguments(run.options["nodeargs"]),
    runScript(run.programDirectory),
    ...flag("organization", run.organization),
    ...flag("project", run.project),
    ...flag("stack", run.stack),
    ...flag("root-directory", run.rootDirectory),
    ...flag("pwd", run.programDirectory),
    ...flag("monitor", run.monitor),
    ...flag("engine", run.engine),
    ...(run.dryRun ? ["--dry-run"] : []),
    ...(run.parallel > 0 ? flag("parallel", String(run.parallel)) : []),
    run.entryPoint,
    ...run.arguments,
  ];
  return {
    args,
    cwd: run.programDirectory,
    env: {
      ...env,
      PULUMI_CONFIG: JSON.stringify(run.config),
      PULUMI_CONFIG_SECRET_KEYS: JSON.stringify(run.secretKeys),
      PULUMI_NODEJS_TYPESCRIPT: String(run.options["typescript"] !== false),
      PULUMI_NODEJS_TRANSPILE_ONLY: "true",
    },
  };
}

function flag(name: string, value: string): string[] {
  return value === "" ? [] : [`--${name}`, value];
}

function nodeArguments(option: unknown): string[] {
  return typeof option === "string" ? option.split(/\s+/).filter((word) => word !== "") : [];
}

/** Exit code by which `cmd/run` says that it has told the user all there is to say. */
const toldExitCode = 32;

/** What the engine is to make of a program's end: `bail` ends the update without another word. */
export function outcomeOf(code: number | null, signal: NodeJS.Signals | null): { bail: boolean; error?: string } {
  if (code === 0) return { bail: false };
  if (code === toldExitCode) return { bail: true };
  const how = code === null ? `was ended by ${signal ?? "an unknown signal"}` : `exited with code ${code}`;
  return { bail: false, error: `The program ${how}.` };
}
