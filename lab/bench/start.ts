import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { messageOf, Mistake } from "../engine";

const run = promisify(execFile);

/** Commands of a fresh clone in their order, ms. */
export interface FreshStart {
  first: number;
  second: number;
  down: number;
}

/** Times the README's commands in a clone of what is committed here. Binaries come from the cache, npm packages are installed. */
export async function freshStart(root: string): Promise<FreshStart> {
  const folder = mkdtempSync(join(tmpdir(), "lab-bench-clone-"));
  const clone = join(folder, "clone");
  const time = async (...args: string[]): Promise<number> => {
    const started = Date.now();
    await command("npm", args, clone);
    return Date.now() - started;
  };
  try {
    await command("git", ["clone", "--quiet", root, clone], folder);
    return { first: await time("start"), second: await time("start"), down: await time("run", "lab:down") };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function command(file: string, args: string[], cwd: string): Promise<void> {
  try {
    await run(file, args, { cwd, maxBuffer: 64 * 1024 * 1024 });
  } catch (error) {
    throw new Mistake(`\`${file} ${args.join(" ")}\` failed in a fresh clone: ${messageOf(error)}`);
  }
}
