/** The KVM hosts of a lab, each switched on when it is first needed. */
import { existsSync, readdirSync } from "node:fs";
import { KvmHost } from "./host/kvmHost";
import type { Ground } from "./ground";
import type { NetnsLab } from "./lab";

export class Hosts {
  private readonly known = new Map<string, { host: KvmHost; isOn: Promise<void> }>();

  /** @param enterHost - What `installHostTools` gave. */
  constructor(
    private readonly lab: NetnsLab,
    private readonly ground: Ground,
    private readonly enterHost: string,
  ) {}

  /** The host of this name, running. */
  async on(name: string): Promise<KvmHost> {
    let found = this.known.get(name);
    if (!found) {
      const host = this.host(name);
      found = { host, isOn: host.ensure() };
      this.known.set(name, found);
      found.isOn.catch(() => this.known.delete(name));
    }
    await found.isOn;
    return found.host;
  }

  host(name: string): KvmHost {
    const { internet, addresses } = this.ground;
    return this.known.get(name)?.host ?? new KvmHost(this.lab, internet, addresses, name, this.enterHost);
  }

  /** Those that were switched on, now or earlier. */
  all(): KvmHost[] {
    const folder = this.lab.path("hosts");
    return (existsSync(folder) ? readdirSync(folder) : []).map((name) => this.host(name));
  }
}
