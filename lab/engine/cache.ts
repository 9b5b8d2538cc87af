import { accessSync, constants } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

/** Where built binaries are kept: outside the checkout, so that all checkouts and fresh clones share them. */
export function cacheFolder(env: NodeJS.ProcessEnv = process.env): string {
  const own = env["TALOS_CLOUD_EDGE_CACHE"];
  if (own) return own;
  return join(env["XDG_CACHE_HOME"] || join(homedir(), ".cache"), "talos-cloud-edge");
}

/** `<cache>/<name>-<version>`: another version never takes the place of programs that an older checkout uses. */
export function cachedPrograms(name: string, version: string, env: NodeJS.ProcessEnv = process.env): string {
  return join(cacheFolder(env), `${name}-${version}`);
}

export function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
