/** One lab on this machine: where its files are and how its namespaces, cgroups and run folder are called. */
import { mkdirSync, realpathSync } from "node:fs";
import { join } from "node:path";
import { shortDigest } from "./shortDigest";

/** Every namespace of every lab begins with it. */
const PREFIX = "tce";

export class NetnsLab {
  /** Six digits out of the folder's path: two labs on one machine never share a name. */
  readonly id: string;
  /** Folder of the lab's files, without symbolic links. */
  readonly dir: string;

  constructor(
    dir: string,
    readonly log: (line: string) => void = () => undefined,
  ) {
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    this.dir = realpathSync(dir);
    this.id = shortDigest(this.dir, 6);
  }

  /** Begins the names of all namespaces of this lab. */
  get prefix(): string {
    return `${PREFIX}${this.id}-`;
  }

  namespaceName(name: string): string {
    return this.prefix + name;
  }

  /** Below each cgroup hierarchy. */
  get cgroup(): string {
    return `${PREFIX}-${this.id}`;
  }

  /** For unix sockets, whose paths must be short. */
  get runDir(): string {
    return `/run/${PREFIX}${this.id}`;
  }

  /** A path below the lab's folder; the folders above it are made. */
  path(...parts: string[]): string {
    const path = join(this.dir, ...parts);
    mkdirSync(join(path, ".."), { recursive: true, mode: 0o700 });
    return path;
  }

  /** A path below the run folder, which is made. */
  socket(name: string): string {
    mkdirSync(this.runDir, { recursive: true, mode: 0o700 });
    return join(this.runDir, name);
  }
}
