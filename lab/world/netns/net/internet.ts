/**
 * "The Internet": a router that everybody hangs on by a link of their own, public resolvers, and one web server. It routes public addresses
 * only, so private networks meet behind NAT or not at all.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { Daemon } from "../daemon";
import type { NetnsLab } from "../lab";
import { shortDigest } from "../shortDigest";
import { PLACE, PUBLIC_RANGES, RESOLVERS } from "./addresses";
import { ensureLink, Namespace } from "./namespace";

const MTU = 1500;

/** Somebody on the Internet. */
export interface Party {
  namespace: Namespace;
  /** Its device. @default eth0 */
  link?: string;
  address: string;
}

export class Internet {
  readonly namespace: Namespace;
  private readonly dns: Daemon;
  private readonly web: Daemon;
  private readonly hostsFile: string;
  private readonly webRoot: string;

  constructor(private readonly lab: NetnsLab) {
    this.namespace = new Namespace(lab.namespaceName("internet"));
    this.hostsFile = lab.path("internet", "hosts");
    this.webRoot = lab.path("internet", "web");
    const dns = ["--keep-in-foreground", "--conf-file=/dev/null", "--pid-file=", "--user=root", "--log-facility=-"];
    this.dns = new Daemon(lab, {
      name: "internet-dns",
      namespace: this.namespace,
      command: [
        "dnsmasq",
        ...dns,
        "--no-resolv",
        "--no-hosts",
        `--addn-hosts=${this.hostsFile}`,
        "--bind-interfaces",
        ...[...RESOLVERS, "127.0.0.1"].map((address) => `--listen-address=${address}`),
        // What nobody has told it does not exist.
        "--local=/#/",
      ],
    });
    this.web = new Daemon(lab, {
      name: "internet-web",
      namespace: this.namespace,
      command: ["busybox", "httpd", "-f", "-p", `${PLACE.web}:80`, "-h", this.webRoot],
    });
  }

  /** Names and their addresses as a resolv.conf of the lab's programs needs it. */
  get resolvConf(): string {
    return this.lab.path("internet", "resolv.conf");
  }

  /**
   * @param webHosts - Names whose port 80 answers.
   * @param names - Further names, with their addresses.
   */
  async ensure(webHosts: string[], names: Record<string, string>): Promise<void> {
    const { namespace } = this;
    await namespace.ensure();
    await namespace.sysctl({
      "net.ipv4.ip_forward": 1,
      "net.ipv4.conf.all.rp_filter": 0,
      "net.ipv4.conf.default.rp_filter": 0,
    });
    await namespace.ip(
      ...[PLACE.router, PLACE.web, ...RESOLVERS].map((address) => `addr replace ${address}/32 dev lo`),
    );
    await namespace.nft(RULES);
    const records = { ...Object.fromEntries(webHosts.map((name) => [name, PLACE.web])), ...names };
    mkdirSync(this.webRoot, { recursive: true });
    writeFileSync(`${this.webRoot}/index.html`, "<!doctype html>\n<title>The lab's Internet</title>\n");
    writeFileSync(
      this.hostsFile,
      Object.entries(records)
        .map(([name, address]) => `${address} ${name}\n`)
        .join(""),
    );
    writeFileSync(
      this.resolvConf,
      RESOLVERS.slice(0, 1)
        .map((address) => `nameserver ${address}\n`)
        .join(""),
    );
    // It reads its hosts file again at this signal.
    if (!(await this.dns.start())) this.dns.signal("SIGHUP");
    await this.web.start();
  }

  /** Gives somebody a link, this address and a default route. */
  async attach(party: Party): Promise<void> {
    const { namespace, address, link = "eth0" } = party;
    const port = this.portOf(namespace);
    await ensureLink({ namespace: this.namespace, name: port }, { namespace, name: link }, MTU);
    await this.namespace.ip(`route replace ${address}/32 dev ${port} src ${PLACE.router}`);
    await namespace.ip(
      `addr replace ${address}/32 dev ${link}`,
      `route replace ${PLACE.router}/32 dev ${link} src ${address}`,
      `route replace default via ${PLACE.router} dev ${link} src ${address}`,
    );
  }

  /** Addresses that lead to somebody who is attached, besides its own. */
  async route(through: Party, addresses: string[]): Promise<void> {
    if (addresses.length === 0) return;
    const via = `via ${through.address} dev ${this.portOf(through.namespace)} onlink`;
    await this.namespace.ip(...addresses.map((address) => `route replace ${address}/32 ${via}`));
  }

  async unroute(addresses: string[]): Promise<void> {
    await this.namespace.ipIfThere(...addresses.map((address) => `route del ${address}/32`));
  }

  /** The line is dead, as when a digger met it; what is attached keeps its address. `attach` mends it. */
  async cut(party: Party): Promise<void> {
    await this.namespace.ip(`link set ${this.portOf(party.namespace)} down`);
  }

  /** Gives somebody another address. What was sent from the old one gets no answer any more. */
  async readdress(party: Party, address: string): Promise<void> {
    const { namespace, link = "eth0" } = party;
    await this.unroute([party.address]);
    // While both are there the old route would keep its source address.
    await namespace.ipIfThere("route del default", `addr del ${party.address}/32 dev ${link}`);
    await this.attach({ ...party, address });
  }

  private portOf(namespace: Namespace): string {
    return `p${shortDigest(namespace.name, 10)}`;
  }
}

const known = [...PUBLIC_RANGES, ...RESOLVERS].join(", ");
const RULES = `
table ip internet
delete table ip internet
table ip internet {
  chain forward {
    type filter hook forward priority filter; policy accept;
    ip saddr != { ${known} } drop
    ip daddr != { ${known} } drop
  }
}
`;
