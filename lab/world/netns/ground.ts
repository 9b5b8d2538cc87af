/** What every lab of namespaces stands on, whatever the program makes: the Internet, the tailnet's coordination server and the operator. */
import type { CertificateAuthority } from "../server/ca";
import { Dialer } from "./dialer";
import type { NetnsLab } from "./lab";
import type { MachineTools } from "./machines";
import { PLACE, PublicAddresses } from "./net/addresses";
import { Internet } from "./net/internet";
import { CONTROL_HOST, Headscale } from "./tailnet/headscale";
import { Operator } from "./tailnet/operator";
import { HeadscaleTailnet } from "./tailnet/store";

/** Names of the public web whose port 80 answers: what the program's own checks fetch. */
const WEB_HOSTS = ["www.google.com", "example.com"];

export class Ground {
  readonly internet: Internet;
  readonly addresses: PublicAddresses;
  readonly tailnet: HeadscaleTailnet;
  readonly operator: Operator;
  private readonly headscale: Headscale;
  private readonly dialer: Dialer;

  constructor(
    lab: NetnsLab,
    private readonly ca: CertificateAuthority,
    tools: Pick<MachineTools, "machine" | "binaries">,
  ) {
    this.internet = new Internet(lab);
    this.addresses = new PublicAddresses(lab);
    this.headscale = new Headscale(lab, this.internet, `${tools.binaries}/headscale`);
    this.tailnet = new HeadscaleTailnet(lab, this.headscale.api);
    this.operator = new Operator(lab, this.internet, this.headscale.api, tools.binaries, ca.file);
    this.dialer = new Dialer(lab, this.operator.namespace, tools.machine);
  }

  /** Starts what does not run. */
  async ensure(): Promise<void> {
    await this.internet.ensure(WEB_HOSTS, { [CONTROL_HOST]: PLACE.controlPlane });
    await this.headscale.ensure(this.ca);
    await this.tailnet.ensure();
    await this.operator.ensure();
  }

  /** A connection as the operator's computer makes it. */
  dial(host: string, port: number): ReturnType<Dialer["dial"]> {
    return this.dialer.dial(host, port);
  }

  close(): void {
    this.headscale.close();
  }
}
