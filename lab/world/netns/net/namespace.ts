/** A network namespace with a name. It outlives the lab's own process and is found again by the name. */
import { existsSync, rmSync, statfsSync, statSync } from "node:fs";
import { CommandError, run } from "../command";
import type { CommandOptions } from "../command";
import { kill, processesInNetwork } from "../processes";

/** Where ip(8) keeps them. */
export const NETNS_DIR = "/run/netns";
const NSFS_MAGIC = 0x6e736673;

export class Namespace {
  constructor(readonly name: string) {}

  get path(): string {
    return `${NETNS_DIR}/${this.name}`;
  }

  exists(): boolean {
    return existsSync(this.path) && statfsSync(this.path).type === NSFS_MAGIC;
  }

  /** Makes it where it is missing. @returns whether it was made now */
  async ensure(): Promise<boolean> {
    if (this.exists()) return false;
    // An `ip netns add` that was killed half-way leaves an empty file.
    rmSync(this.path, { force: true });
    await run("ip", ["netns", "add", this.name]);
    await this.ip("link set lo up");
    return true;
  }

  /** Commands of ip(8), one per line, in one go. */
  async ip(...commands: string[]): Promise<void> {
    try {
      await run("ip", ["-n", this.name, "-batch", "-"], { input: `${commands.join("\n")}\n` });
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      throw new CommandError(`ip -n ${this.name} (${commands.join("; ")})`, error.code, error.said);
    }
  }

  /** As `ip`, but what fails is passed over: for taking away what may be gone. */
  async ipIfThere(...commands: string[]): Promise<void> {
    const args = ["-n", this.name, "-force", "-batch", "-"];
    await run("ip", args, { input: `${commands.join("\n")}\n` }).catch(() => undefined);
  }

  /** Runs a program inside. */
  exec(file: string, args: readonly string[], options?: CommandOptions): Promise<string> {
    return run("nsenter", [`--net=${this.path}`, "--", file, ...args], options);
  }

  /** Loads rules in one transaction. */
  async nft(rules: string): Promise<void> {
    await this.exec("nft", ["-f", "-"], { input: rules });
  }

  async sysctl(values: Record<string, number>): Promise<void> {
    await this.exec("sysctl", ["-q", "-w", ...Object.entries(values).map(([key, value]) => `${key}=${value}`)]);
  }

  async hasLink(name: string): Promise<boolean> {
    const links = JSON.parse(await run("ip", ["-n", this.name, "-j", "link", "show"])) as { ifname: string }[];
    return links.some((link) => link.ifname === name);
  }

  /** Ends everything inside and takes it away with its links. */
  async remove(): Promise<void> {
    if (this.exists()) {
      await kill(processesInNetwork(new Set([statSync(this.path).ino])));
      await run("ip", ["netns", "del", this.name]);
    }
    rmSync(this.path, { force: true });
  }
}

/** One end of a pair of virtual Ethernet devices. */
export interface LinkEnd {
  namespace: Namespace;
  /** At most 15 characters. */
  name: string;
  mac?: string;
}

/**
 * Joins two namespaces by a pair of devices, both up, where they are not joined yet. The devices never appear anywhere else.
 *
 * @returns whether they are new
 */
export async function ensureLink(a: LinkEnd, b: LinkEnd, mtu: number): Promise<boolean> {
  const isNew = !(await a.namespace.hasLink(a.name)) || !(await b.namespace.hasLink(b.name));
  if (isNew) {
    await a.namespace.ipIfThere(`link del ${a.name}`);
    await b.namespace.ipIfThere(`link del ${b.name}`);
    const end = ({ name, mac }: LinkEnd) => `${name}${mac === undefined ? "" : ` address ${mac}`}`;
    await a.namespace.ip(`link add ${end(a)} type veth peer name ${end(b)} netns ${b.namespace.name}`);
  }
  await a.namespace.ip(`link set ${a.name} mtu ${mtu} up`);
  await b.namespace.ip(`link set ${b.name} mtu ${mtu} up`);
  return isNew;
}
