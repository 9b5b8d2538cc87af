import { readdirSync, rmSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isAlive } from "./engine/lock";

/** The process whose folder it is stands in its name. */
const folderName = /^talos-lab-(\d+)-/;
let cleaned = false;

/** A folder that only this user can look into, gone afterwards. */
export class PrivateFolder {
  private constructor(readonly path: string) {}

  static async use<T>(work: (folder: PrivateFolder) => Promise<T>): Promise<T> {
    if (!cleaned) removeAbandoned();
    cleaned = true;
    const folder = new PrivateFolder(await mkdtemp(join(tmpdir(), `talos-lab-${process.pid}-`)));
    try {
      return await work(folder);
    } finally {
      await rm(folder.path, { recursive: true, force: true });
    }
  }

  file(name: string): string {
    return join(this.path, name);
  }

  async write(name: string, content: string): Promise<string> {
    const file = this.file(name);
    await writeFile(file, content, { mode: 0o600, flag: "wx" });
    return file;
  }
}

/** Folders of processes that were killed. */
function removeAbandoned(): void {
  for (const name of readdirSync(tmpdir())) {
    const owner = folderName.exec(name)?.[1];
    if (owner === undefined || isAlive(Number(owner))) continue;
    try {
      rmSync(join(tmpdir(), name), { recursive: true, force: true });
    } catch {
      // Another user's.
    }
  }
}
