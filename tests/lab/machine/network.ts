/** A network namespace with a bridge, and one for each machine on it: the network that a test's machines stand in. */
import { execFileSync } from "node:child_process";

const run = (...command: string[]) => execFileSync(command[0] ?? "", command.slice(1), { stdio: "pipe" }).toString();

export class Network {
  private readonly namespaces: string[] = [];
  readonly gateway = "192.168.97.1";
  readonly bridge: string;

  constructor(private readonly prefix: string) {
    this.bridge = this.namespace("br");
    run("ip", "-n", this.bridge, "link", "add", "br0", "type", "bridge");
    run("ip", "-n", this.bridge, "addr", "add", `${this.gateway}/24`, "dev", "br0");
    run("ip", "-n", this.bridge, "link", "set", "br0", "up");
  }

  /** A machine's namespace; without an address it takes one by DHCP. Answers the namespace and the MAC of its link. */
  plug(name: string, address?: string): { namespace: string; mac: string } {
    const namespace = this.namespace(name);
    run("ip", "-n", this.bridge, "link", "add", name, "type", "veth", "peer", "name", "eth0", "netns", namespace);
    run("ip", "-n", this.bridge, "link", "set", name, "master", "br0", "up");
    if (address !== undefined) {
      run("ip", "-n", namespace, "addr", "add", `${address}/24`, "dev", "eth0");
      run("ip", "-n", namespace, "link", "set", "eth0", "up");
      run("ip", "-n", namespace, "route", "add", "default", "via", this.gateway);
    }
    const [link] = JSON.parse(run("ip", "-j", "-n", namespace, "link", "show", "eth0")) as { address: string }[];
    return { namespace, mac: link?.address ?? "" };
  }

  links(namespace: string): string[] {
    return (JSON.parse(run("ip", "-j", "-n", namespace, "link")) as { ifname: string }[]).map((link) => link.ifname);
  }

  close(): void {
    for (const namespace of this.namespaces) run("ip", "netns", "del", namespace);
  }

  private namespace(name: string): string {
    const namespace = `${this.prefix}-${name}`;
    run("ip", "netns", "add", namespace);
    this.namespaces.push(namespace);
    run("ip", "-n", namespace, "link", "set", "lo", "up");
    return namespace;
  }
}
