/**
 * A VPC network: a router that every instance hangs on by a link of its own, with an address of 32 bits, as in Compute Engine. So traffic
 * between instances, too, meets the firewall.
 */
import type { NetnsLab } from "../lab";
import { shortDigest } from "../shortDigest";
import { isIn } from "../../sim/addresses";
import type { PublicAddresses } from "./addresses";
import { firewallRuleset, UPLINK } from "./firewall";
import type { Endpoint, FirewallRule } from "./firewall";
import type { Internet, Party } from "./internet";
import { Turns } from "../turns";
import { ensureLink, Namespace } from "./namespace";

/** What Compute Engine gives a network that says nothing. */
export const DEFAULT_MTU = 1460;

export interface Subnet {
  /** `10.1.0.0/24`. */
  range: string;
  /** Its second address. */
  gateway: string;
}

export interface VpcInstance {
  /** The machine's namespace. It has one device, `eth0`. */
  namespace: Namespace;
  address: string;
  external?: string;
  tags: string[];
}

export interface VpcPlan {
  subnets: Subnet[];
  instances: VpcInstance[];
  rules: FirewallRule[];
  /** @default DEFAULT_MTU */
  mtu?: number;
}

export class Vpc {
  readonly namespace: Namespace;
  private readonly party: Party;
  private readonly turns = new Turns();

  /** @param key - Name of the network, unique in the lab. */
  constructor(
    lab: NetnsLab,
    private readonly internet: Internet,
    addresses: PublicAddresses,
    key: string,
  ) {
    this.namespace = new Namespace(lab.namespaceName(`vpc-${shortDigest(key, 8)}`));
    this.party = { namespace: this.namespace, link: UPLINK, address: addresses.of(`network ${key}`) };
  }

  /** Makes everything as the plan has it. */
  apply(plan: VpcPlan): Promise<void> {
    return this.turns.take(() => this.carryOut(plan));
  }

  /** Takes an instance off the network; the rules are `apply`'s business. */
  async unplug(instance: VpcInstance): Promise<void> {
    await this.namespace.ipIfThere(`link del ${portOf(instance.namespace)}`);
    if (instance.external !== undefined) await this.internet.unroute([instance.external]);
  }

  async remove(): Promise<void> {
    await this.namespace.remove();
  }

  private async carryOut(plan: VpcPlan): Promise<void> {
    if (await this.namespace.ensure()) {
      await this.namespace.sysctl({
        "net.ipv4.ip_forward": 1,
        "net.ipv4.conf.all.rp_filter": 0,
        "net.ipv4.conf.default.rp_filter": 0,
      });
    }
    await this.internet.attach(this.party);
    const gateways = plan.subnets.map(({ gateway }) => gateway);
    if (gateways.length > 0) await this.namespace.ip(...gateways.map((address) => `addr replace ${address}/32 dev lo`));
    // Closed before anybody is plugged in.
    const endpoints = plan.instances.map((instance) => endpointOf(instance));
    await this.namespace.nft(firewallRuleset(endpoints, plan.rules));
    for (const instance of plan.instances) await this.plug(instance, plan);
    const external = plan.instances.flatMap((instance) => instance.external ?? []);
    await this.internet.route(this.party, external);
  }

  private async plug(instance: VpcInstance, plan: VpcPlan): Promise<void> {
    const { namespace, address } = instance;
    const subnet = plan.subnets.find(({ range }) => isIn(range, address));
    if (!subnet) throw new Error(`No subnet of the network holds ${address} of ${namespace.name}.`);
    const port = portOf(namespace);
    await namespace.ensure();
    await ensureLink({ namespace: this.namespace, name: port }, { namespace, name: "eth0" }, plan.mtu ?? DEFAULT_MTU);
    await this.namespace.ip(`route replace ${address}/32 dev ${port} src ${subnet.gateway}`);
    await namespace.ip(
      `addr replace ${address}/32 dev eth0`,
      `route replace ${subnet.gateway}/32 dev eth0 src ${address}`,
      `route replace default via ${subnet.gateway} dev eth0 src ${address}`,
    );
  }
}

const endpointOf = ({ namespace, address, external, tags }: VpcInstance): Endpoint => ({
  port: portOf(namespace),
  address,
  external,
  tags,
});

const portOf = (namespace: Namespace): string => `i${shortDigest(namespace.name, 8)}`;
