import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { buildSync } from "esbuild";

/**
 * One JavaScript file for each of the lab's own plugins: an engine command starts seven of them, and TypeScript that is translated file by file takes
 * each a fifth of a second more of the processor. They lie below the checkout's node_modules, where they find npm's packages; their folder is
 * named after what they are made of, so that labs of one checkout share it and another version never meets it.
 */
export function bundled(root: string, entries: string[]): Record<string, string> {
  const cache = join(root, "node_modules", ".lab");
  const folder = join(cache, `plugins-${digest([...sources(join(root, "lab")), join(root, "package-lock.json")])}`);
  const files = Object.fromEntries(entries.map((entry) => [entry, join(folder, `${basename(entry, ".ts")}.cjs`)]));
  if (!entries.every((entry) => existsSync(files[entry] ?? ""))) {
    build(entries, folder);
    removeOthers(cache, basename(folder));
  }
  return files;
}

/** Complete, or not there: another process may look for it at any moment. */
function build(entries: string[], folder: string): void {
  const draft = `${folder}.${process.pid}`;
  buildSync({
    entryPoints: Object.fromEntries(entries.map((entry) => [basename(entry, ".ts"), entry])),
    outdir: draft,
    bundle: true,
    packages: "external",
    platform: "node",
    target: "node20",
    format: "cjs",
    outExtension: { ".js": ".cjs" },
    sourcemap: "inline",
    logLevel: "error",
  });
  try {
    renameSync(draft, folder);
  } catch (error) {
    rmSync(draft, { recursive: true });
    if (!existsSync(folder)) throw error;
  }
}

/** Those of earlier versions; an engine may still be about to start a plugin out of a fresh one. */
function removeOthers(cache: string, wanted: string): void {
  const dayAgo = Date.now() - 86_400_000;
  for (const name of readdirSync(cache)) {
    if (name !== wanted && statSync(join(cache, name)).mtimeMs < dayAgo) rmSync(join(cache, name), { recursive: true });
  }
}

function sources(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .sort()
    .map((name) => join(folder, name));
}

function digest(files: string[]): string {
  const hash = createHash("sha256");
  for (const file of files) hash.update(file).update(readFileSync(file));
  return hash.digest("hex").slice(0, 12);
}
