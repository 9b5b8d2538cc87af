/**
 * A KVM host: a namespace with an uplink to the Internet, in which the program's own scripts run with the real tools of this machine.
 * systemctl and virsh alone are stand-ins, and ovs-vsctl asks for the userspace datapath.
 */
import { join } from "node:path";
import { formatAddress, parseRange } from "../../sim/addresses";
import { run } from "../command";
import type { NetnsLab } from "../lab";
import { shortDigest } from "../shortDigest";
import type { PublicAddresses } from "../net/addresses";
import type { Internet, Party } from "../net/internet";
import { ensureLink, Namespace } from "../net/namespace";
import { Turns } from "../turns";
import { OpenVswitch } from "./openVswitch";
import { clearRun, installedFiles, prepareRoot } from "./rootFolder";

const LAN_MTU = 1500;
/** The host's device that a visitor's line ends at. */
const VISITOR = "visitor";

/**
 * The host's own firewall, as whoever puts a host on the Internet has one: nothing comes in by the uplink but answers and ping. Without it the
 * host would take the first packet of a device that tries to get through to a machine behind it for its own, and masquerade the machine's
 * answer from another port: no direct path would ever come about.
 */
const FIREWALL = `
table inet uplink
delete table inet uplink
table inet uplink {
  chain input {
    type filter hook input priority filter; policy accept;
    iifname "eth0" ct state established,related accept
    iifname "eth0" meta l4proto { icmp, icmpv6 } accept
    iifname "eth0" drop
  }
}
`;

/** What a boot does. */
const START_UNITS = "set -e; for unit in $(ls /var/lib/lab/enabled 2>/dev/null); do systemctl start $unit; done";

/** A domain's network card. */
export interface DomainNic {
  /** The machine's namespace. Its device is `eth0`. */
  namespace: Namespace;
  mac: string;
  bridge: string;
}

export class KvmHost {
  readonly namespace: Namespace;
  /** Its root folder. */
  readonly root: string;
  private readonly openVswitch: OpenVswitch;
  private readonly turns = new Turns();
  private readonly enter: [string, ...string[]];

  /**
   * @param name - As ssh knows it, `kvm.lab`.
   * @param enterHost - What `installHostTools` gave.
   */
  constructor(
    private readonly lab: NetnsLab,
    private readonly internet: Internet,
    private readonly addresses: PublicAddresses,
    readonly name: string,
    enterHost: string,
  ) {
    this.namespace = new Namespace(lab.namespaceName(name));
    this.root = join(lab.dir, "hosts", name);
    this.enter = [enterHost, name, "root"];
    this.openVswitch = new OpenVswitch(lab, name, this.root, this.enter);
  }

  /** Switches it on where it is off: units that are enabled start, as at every boot. */
  ensure(): Promise<void> {
    return this.turns.take(() => this.switchOn());
  }

  /** Its address on the Internet. */
  get publicAddress(): string {
    return this.addresses.of(this.key);
  }

  /** Runs a command there, as ssh does. */
  run(...command: string[]): Promise<string> {
    const [file, ...args] = this.enter;
    return run(file, [...args, ...command], { env: worldOf(process.env) });
  }

  /** Plugs a domain's card into a bridge of the host, which has to be there. */
  async plug(nic: DomainNic): Promise<void> {
    const port = portOf(nic.namespace);
    await nic.namespace.ensure();
    const isNew = await ensureLink(
      // As libvirt does: a bridge takes the lowest address of its ports, and would change its own for ours.
      { namespace: this.namespace, name: port, mac: `fe${nic.mac.slice(2)}` },
      { namespace: nic.namespace, name: "eth0", mac: nic.mac },
      LAN_MTU,
    );
    // The host's own kernel sees the frames besides the switch, and would answer them.
    await this.namespace.ip(`link set ${port} arp off addrgenmode none`, `addr flush dev ${port}`);
    // The switch reads frames as they come: none may lack its checksum or be longer than the wire takes.
    await nic.namespace.exec("ethtool", ["-K", "eth0", "tx", "off", "tso", "off", "gso", "off"]);
    // The switch may still hold a device of this name that went away with its machine.
    if (isNew) await this.openVswitch.removePort(port);
    await this.openVswitch.addPort(nic.bridge, port);
  }

  async unplug(nic: Pick<DomainNic, "namespace">): Promise<void> {
    const port = portOf(nic.namespace);
    await this.openVswitch.removePort(port);
    await this.namespace.ipIfThere(`link del ${port}`);
  }

  /** Gives somebody who stands at the site a line of his own into the host, and the way to all of its LANs that are up now. */
  async reachFrom(visitor: Namespace): Promise<void> {
    const line = `s${shortDigest(this.name, 10)}`;
    const address = this.addresses.of(`visitor of ${this.name}`);
    await ensureLink({ namespace: this.namespace, name: VISITOR }, { namespace: visitor, name: line }, LAN_MTU);
    await this.namespace.ip(`route replace ${address}/32 dev ${VISITOR}`);
    await visitor.ip(`addr replace ${address}/32 dev ${line}`);
    for (const bridge of await this.openVswitch.bridges()) {
      for (const { gateway, range } of await this.lansOf(bridge)) {
        await visitor.ip(
          `route replace ${gateway}/32 dev ${line} src ${address}`,
          `route replace ${range} via ${gateway} dev ${line} src ${address}`,
        );
      }
    }
  }

  /** The uplink is dead until `restoreUplink`. */
  cutUplink(): Promise<void> {
    return this.internet.cut(this.party);
  }

  restoreUplink(): Promise<void> {
    return this.internet.attach(this.party);
  }

  /** The provider gives the site another public address. */
  async changePublicAddress(): Promise<string> {
    const before = this.party;
    await this.internet.readdress(before, this.addresses.draw(this.key));
    return this.publicAddress;
  }

  /** What scripts have left on the host, one phrase each. */
  async remains(): Promise<string[]> {
    if (!this.namespace.exists()) return [];
    const tables = await this.namespace.exec("nft", ["list", "tables"]);
    return [
      ...(await this.openVswitch.bridges()).map((bridge) => `OVS bridge ${bridge}`),
      ...tables
        .split("\n")
        .flatMap((line) => /^table ip (talos-\S+)/.exec(line)?.[1] ?? [])
        .map((table) => `nftables table ${table}`),
      ...installedFiles(this.root).map((file) => `file ${file}`),
    ].map((what) => `${what} on ${this.name}`);
  }

  private async lansOf(bridge: string): Promise<{ gateway: string; range: string }[]> {
    const shown = await this.namespace.exec("ip", ["-4", "-o", "addr", "show", "dev", bridge]);
    return [...shown.matchAll(/ inet (\S+)\/(\d+) /g)].flatMap(([, gateway = "", prefix = ""]) => {
      const range = parseRange(`${gateway}/${prefix}`);
      return range ? [{ gateway, range: `${formatAddress(range.base)}/${range.prefix}` }] : [];
    });
  }

  private async switchOn(): Promise<void> {
    const isNew = !this.namespace.exists();
    if (isNew) clearRun(this.root);
    prepareRoot(this.root);
    await this.namespace.ensure();
    await this.namespace.nft(FIREWALL);
    await this.internet.attach(this.party);
    await this.openVswitch.start();
    if (isNew) await this.run("sh", "-c", START_UNITS);
  }

  private get key(): string {
    return `host ${this.name}`;
  }

  private get party(): Party {
    return { namespace: this.namespace, address: this.publicAddress };
  }
}

/** Names of domains are longer than those of devices may be. */
const portOf = (namespace: Namespace): string => `vnet${shortDigest(namespace.name, 8)}`;

const worldOf = ({ LAB_WORLD }: NodeJS.ProcessEnv): Record<string, string> =>
  LAB_WORLD === undefined ? {} : { LAB_WORLD };
