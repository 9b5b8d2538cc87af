/**
 * The tailnet's servers: headscale where the Internet's name for Tailscale's coordination server leads, and a second one of which only the relay
 * (DERP) and STUN are used. So either can be gone without the other, as in Tailscale's own network.
 */
import { writeFileSync } from "node:fs";
import { stringify } from "yaml";
import type { CertificateAuthority } from "../../server/ca";
import type { NetnsLab } from "../lab";
import { PLACE } from "../net/addresses";
import type { Internet } from "../net/internet";
import type { Namespace } from "../net/namespace";
import type { HeadscaleApi } from "./headscaleApi";
import { HeadscaleServer } from "./headscaleServer";

/** What every tailscaled asks for. */
export const CONTROL_HOST = "controlplane.tailscale.com";
/** Devices are told its address together with its name. */
const RELAY_HOST = "derp.lab";
const STUN_PORT = 3478;
const REGION = { id: 999, code: "lab", name: "Lab" };

export class Headscale {
  /** The relay and STUN. */
  readonly relay: HeadscaleServer;
  private readonly control: HeadscaleServer;
  private readonly mapFile: string;

  /** @param program - Path of the binary. */
  constructor(lab: NetnsLab, internet: Internet, program: string) {
    this.mapFile = lab.path("tailnet", "derp.yaml");
    this.control = new HeadscaleServer(lab, internet, program, {
      name: "headscale",
      namespace: "control",
      host: CONTROL_HOST,
      address: PLACE.controlPlane,
      derp: { server: { enabled: false }, paths: [this.mapFile] },
    });
    this.relay = new HeadscaleServer(lab, internet, program, {
      name: "relay",
      namespace: "relay",
      host: RELAY_HOST,
      address: PLACE.relay,
      derp: {
        server: {
          enabled: true,
          region_id: REGION.id,
          region_code: REGION.code,
          region_name: REGION.name,
          stun_listen_addr: `0.0.0.0:${STUN_PORT}`,
          private_key_path: lab.path("tailnet", "relay.derp.key"),
          automatically_add_embedded_derp_region: true,
          ipv4: PLACE.relay,
        },
      },
    });
  }

  get namespace(): Namespace {
    return this.control.namespace;
  }

  get api(): HeadscaleApi {
    return this.control.api;
  }

  /** Starts what does not run; what it knows of keys and devices is on the disk. */
  async ensure(ca: CertificateAuthority): Promise<void> {
    writeFileSync(this.mapFile, stringify(relayMap()));
    await Promise.all([this.control.ensure(ca), this.relay.ensure(ca)]);
  }

  /** The coordination server is gone until `ensure`; the relay stays. */
  async stop(): Promise<void> {
    await this.control.stop();
  }

  close(): void {
    this.control.api.close();
    this.relay.api.close();
  }
}

/** Where devices find the relay, in headscale's words. Regions stand under numbers, which are no keys of JavaScript's objects. */
const relayMap = (): object => ({
  regions: new Map([
    [REGION.id, { regionid: REGION.id, regioncode: REGION.code, regionname: REGION.name, nodes: [NODE] }],
  ]),
});

const NODE = {
  name: `${REGION.id}a`,
  regionid: REGION.id,
  hostname: RELAY_HOST,
  ipv4: PLACE.relay,
  stunport: STUN_PORT,
  derpport: 443,
};
