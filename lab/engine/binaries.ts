import { execFile } from "node:child_process";
import { realpathSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { promisify } from "node:util";
import { buildPrograms, type GoBuild, isBuilt } from "./build";
import { cachedPrograms, isExecutable } from "./cache";
import type { Console } from "./console";
import versions from "./versions.json";

const run = promisify(execFile);

export interface Binaries {
  /** The Pulumi engine. */
  pulumi: string;
  talosctl: string;
  /** Whether the engine brings its own Node language host (an installed Pulumi does, one built from its Go module doesn't). */
  bringsLanguageHost: boolean;
}

const pulumiBuild: GoBuild = {
  name: "pulumi",
  title: "the Pulumi engine",
  version: versions.pulumi,
  module: join(__dirname, "go", "pulumi"),
  programs: { pulumi: "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi" },
  stamps: { "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version": versions.pulumi },
};

const talosctlBuild: GoBuild = {
  name: "talosctl",
  title: "talosctl",
  version: versions.talosctl,
  module: join(__dirname, "go", "talosctl"),
  programs: { talosctl: "github.com/siderolabs/talos/cmd/talosctl" },
  stamps: { "github.com/siderolabs/talos/pkg/machinery/version.Tag": versions.talosctl },
};

/** Finds the engine and talosctl, and builds what isn't there. `LAB_PULUMI` and `LAB_TALOSCTL` name binaries to use as they are. */
export async function findBinaries(console: Console, env: NodeJS.ProcessEnv = process.env): Promise<Binaries> {
  const engine = await findEngine(console, env);
  const talosctl = env["LAB_TALOSCTL"] || join(await findOrBuild(talosctlBuild, console, env), "talosctl");
  return { ...engine, talosctl };
}

async function findEngine(
  console: Console,
  env: NodeJS.ProcessEnv,
): Promise<Pick<Binaries, "pulumi" | "bringsLanguageHost">> {
  const named = env["LAB_PULUMI"];
  if (named) return { pulumi: named, bringsLanguageHost: hasLanguageHost(named) };
  const installed = await installedEngine(env);
  if (installed) return { pulumi: installed, bringsLanguageHost: true };
  return { pulumi: join(await findOrBuild(pulumiBuild, console, env), "pulumi"), bringsLanguageHost: false };
}

/** @returns the folder of the programs. */
export async function findOrBuild(build: GoBuild, console: Console, env: NodeJS.ProcessEnv): Promise<string> {
  const folder = cachedPrograms(build.name, build.version, env);
  if (!isBuilt(build, folder)) await buildPrograms(build, folder, console, env);
  return folder;
}

/** A `pulumi` on PATH of the same major version, not older than the npm package, with its Node language host beside it. */
async function installedEngine(env: NodeJS.ProcessEnv): Promise<string | undefined> {
  const file = (env["PATH"] ?? "")
    .split(delimiter)
    .map((folder) => join(folder, "pulumi"))
    .find(isExecutable);
  if (file === undefined || !hasLanguageHost(file)) return undefined;
  try {
    const { stdout } = await run(file, ["version"], { env: { ...env, PULUMI_SKIP_UPDATE_CHECK: "true" } });
    return isUsableVersion(stdout.trim()) ? file : undefined;
  } catch {
    return undefined;
  }
}

function hasLanguageHost(engine: string): boolean {
  const folder = dirname(realpathSync(engine));
  return ["pulumi-language-nodejs", "pulumi-resource-pulumi-nodejs"].every((name) => isExecutable(join(folder, name)));
}

export function isUsableVersion(version: string): boolean {
  const [major, minor] = numbers(version);
  const [wantedMajor, wantedMinor] = numbers(versions.pulumiOnPath);
  return major === wantedMajor && minor >= wantedMinor;
}

function numbers(version: string): [number, number] {
  const match = /^v?(\d+)\.(\d+)\./.exec(version);
  return match ? [Number(match[1]), Number(match[2])] : [-1, -1];
}
