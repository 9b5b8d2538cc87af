import { existsSync, lstatSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const pauseMs = 100;

/** A file as it once was. */
export interface SeenFile {
  path: string;
  content: Buffer;
  /** Whether somebody else than its owner could read it: by its own mode and those of the folders around it. */
  open: boolean;
}

/** What one of the processes was started with. */
export interface SeenProcess {
  pid: number;
  command: string;
  environment: string;
}

/** Looks, while a command runs, at all processes below this one and at all files of a folder. */
export class Watch {
  private readonly seenFiles = new Map<string, SeenFile>();
  private readonly seenProcesses = new Map<string, SeenProcess>();
  private readonly timer: NodeJS.Timeout;

  /** @param leftOut - a folder inside that is looked at elsewhere. */
  constructor(
    private readonly folder: string,
    private readonly leftOut: string,
  ) {
    this.timer = setInterval(() => {
      this.look();
    }, pauseMs);
  }

  stop(): { files: SeenFile[]; processes: SeenProcess[] } {
    clearInterval(this.timer);
    this.look();
    return { files: [...this.seenFiles.values()], processes: [...this.seenProcesses.values()] };
  }

  private look(): void {
    for (const file of filesIn(this.folder, [this.leftOut])) {
      this.seenFiles.set(`${file.path} ${file.content.length}`, file);
    }
    for (const seen of processesBelow(process.pid)) this.seenProcesses.set(`${seen.pid} ${seen.command}`, seen);
  }
}

/** Every file that can be read, at any depth; what vanishes meanwhile is left out. */
export function filesIn(folder: string, leftOut: string[] = [], shielded = false): SeenFile[] {
  return attempt(() => readdirSync(folder, { withFileTypes: true }), []).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (leftOut.includes(path)) return [];
    return attempt(() => {
      const isPrivate = (lstatSync(path).mode & 0o077) === 0;
      if (entry.isDirectory()) return filesIn(path, leftOut, shielded || isPrivate);
      return entry.isFile() ? [{ path, content: readFileSync(path), open: !shielded && !isPrivate }] : [];
    }, []);
  });
}

function processesBelow(root: number): SeenProcess[] {
  if (!existsSync("/proc/self/stat")) return [];
  const parents = new Map<number, number>();
  for (const name of readdirSync("/proc")) {
    const stat = /^\d+$/.test(name) ? attempt(() => readFileSync(`/proc/${name}/stat`, "utf8"), "") : "";
    // The program's name stands in brackets and may hold anything.
    const parent = stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1];
    if (parent !== undefined) parents.set(Number(name), Number(parent));
  }
  const isBelow = (pid: number): boolean => {
    const parent = parents.get(pid);
    return parent === root || (parent !== undefined && parent > 1 && isBelow(parent));
  };
  return [...parents.keys()].filter(isBelow).map((pid) => ({
    pid,
    command: attempt(() => readFileSync(`/proc/${pid}/cmdline`, "utf8"), "").replaceAll("\0", " "),
    environment: attempt(() => readFileSync(`/proc/${pid}/environ`, "utf8"), "").replaceAll("\0", "\n"),
  }));
}

function attempt<T>(read: () => T, otherwise: T): T {
  try {
    return read();
  } catch {
    return otherwise;
  }
}
