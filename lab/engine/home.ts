import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { bundled } from "./bundles";

const require_ = createRequire(__filename);

/** A plugin as the engine looks it up: `<kind>-<name>-v<version>/pulumi-<kind>-<name>`. */
export interface Plugin {
  kind: "resource" | "language";
  name: string;
  version: string;
  /** What the launch script runs by node, before the engine's own arguments. */
  command: string[];
}

/** npm packages whose provider plugins the lab stands in for; each names its plugin and version in its package.json. */
const standIns = ["@pulumi/gcp", "@pulumi/kubernetes", "@pulumi/random", "@pulumi/tailscale", "@pulumi/talos"];

interface Manifest {
  version: string;
  pulumi?: { name?: string; version?: string };
}

/** The plugins of this checkout, at the versions that the installed npm packages ask for. */
export function labPlugins(root: string, bringsLanguageHost: boolean): Plugin[] {
  const sdk = manifest(root, "@pulumi/pulumi").version;
  const languageHost = join(__dirname, "languageHost.ts");
  const providers = standIns.map((npmPackage) => {
    const { version, pulumi } = manifest(root, npmPackage);
    const name = pulumi?.name ?? npmPackage.replace("@pulumi/", "");
    return { name, version: pulumi?.version ?? version, entry: join(root, "lab", "plugins", `${name}.ts`) };
  });
  const bundles = bundled(root, [...providers.map(({ entry }) => entry), languageHost]);
  const command = (entry: string): string[] => ["--enable-source-maps", bundles[entry] ?? entry];
  const plugins = providers.map(({ name, version, entry }): Plugin => ({
    kind: "resource",
    name,
    version,
    command: command(entry),
  }));
  if (bringsLanguageHost) return plugins;
  const dynamicProvider = dirname(require_.resolve("@pulumi/pulumi/cmd/dynamic-provider/index.js"));
  return [
    ...plugins,
    { kind: "language", name: "nodejs", version: sdk, command: command(languageHost) },
    { kind: "resource", name: "pulumi-nodejs", version: sdk, command: [dynamicProvider] },
  ];
}

function manifest(root: string, npmPackage: string): Manifest {
  return JSON.parse(readFileSync(join(root, "node_modules", npmPackage, "package.json"), "utf8")) as Manifest;
}

/** Makes `home` a PULUMI_HOME with these plugins and no others. */
export function installHome(home: string, plugins: Plugin[]): void {
  const folder = join(home, "plugins");
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const wanted = new Set(plugins.map(folderOf));
  for (const present of readdirSync(folder)) {
    if (!wanted.has(present)) rmSync(join(folder, present), { recursive: true, force: true });
  }
  for (const plugin of plugins) {
    const script = join(folder, folderOf(plugin), `pulumi-${plugin.kind}-${plugin.name}`);
    const text = launchScript(plugin);
    if (existsSync(script) && readFileSync(script, "utf8") === text) continue;
    mkdirSync(dirname(script), { recursive: true });
    writeFileSync(script, text);
    chmodSync(script, 0o755);
  }
}

function folderOf(plugin: Plugin): string {
  return `${plugin.kind}-${plugin.name}-v${plugin.version}`;
}

function launchScript(plugin: Plugin): string {
  const node = [process.execPath, "--require", join(__dirname, "endWithParent.cjs")];
  return `#!/bin/sh\nexec ${[...node, ...plugin.command].map(shellQuote).join(" ")} "$@"\n`;
}

function shellQuote(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}
