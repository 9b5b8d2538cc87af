/** A JSON document on disk, held in memory. It holds keys of machines and clusters: only its owner may read it. */
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

const DEBOUNCE_MS = 100;

export class JsonStore<T extends { version: number }> {
  private timer: NodeJS.Timeout | undefined;

  private constructor(
    private readonly file: string,
    readonly data: T,
  ) {}

  /** Reads the document, or starts with `empty` where there is none. */
  static open<T extends { version: number }>(file: string, empty: T): JsonStore<T> {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    if (!existsSync(file)) return new JsonStore(file, empty);
    const found = JSON.parse(readFileSync(file, "utf8")) as T;
    if (found.version !== empty.version) {
      throw new Error(
        `${file} was written by another version of the lab (format ${found.version}, this one reads ${empty.version}). Remove the lab folder and start anew.`,
      );
    }
    return new JsonStore(file, found);
  }

  /** Says that `data` has changed; many changes in a row become one write. */
  touch(): void {
    this.timer ??= setTimeout(() => {
      this.flush();
    }, DEBOUNCE_MS).unref();
  }

  /** Writes now: a reader sees the old document or the new one, never a half. */
  flush(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    const draft = `${this.file}.new`;
    writeFileSync(draft, JSON.stringify(this.data, undefined, 1), { mode: 0o600 });
    renameSync(draft, this.file);
  }
}
