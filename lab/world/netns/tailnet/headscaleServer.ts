/** One headscale that runs: a namespace on the Internet, a certificate of the lab's CA, and its gRPC API on a unix socket. */
import { writeFileSync } from "node:fs";
import { stringify } from "yaml";
import type { CertificateAuthority } from "../../server/ca";
import { Daemon } from "../daemon";
import type { NetnsLab } from "../lab";
import type { Internet } from "../net/internet";
import { Namespace } from "../net/namespace";
import { HeadscaleApi, HeadscaleError } from "./headscaleApi";

/** MagicDNS names end with it. */
export const TAILNET_DOMAIN = "tail1ab.ts.net";

export interface HeadscaleServerSpec {
  /** Begins the names of its files and its log. */
  name: string;
  /** What its namespace is called in the lab. */
  namespace: string;
  /** Its name on the Internet. */
  host: string;
  address: string;
  /** The section `derp` of its configuration. */
  derp: object;
}

export class HeadscaleServer {
  readonly namespace: Namespace;
  readonly api: HeadscaleApi;
  private readonly daemon: Daemon;
  private readonly configFile: string;
  private readonly socket: string;

  /** @param program - Path of the binary. */
  constructor(
    private readonly lab: NetnsLab,
    private readonly internet: Internet,
    program: string,
    private readonly spec: HeadscaleServerSpec,
  ) {
    this.namespace = new Namespace(lab.namespaceName(spec.namespace));
    this.configFile = this.file("yaml");
    this.socket = lab.socket(`${spec.name}.sock`);
    this.api = new HeadscaleApi(this.socket);
    this.daemon = new Daemon(lab, {
      name: spec.name,
      namespace: this.namespace,
      command: [program, "serve", "--config", this.configFile],
    });
  }

  /** Starts it where it does not run; what it knows is on the disk. */
  async ensure(ca: CertificateAuthority): Promise<void> {
    await this.namespace.ensure();
    await this.internet.attach({ namespace: this.namespace, address: this.spec.address });
    if (!this.daemon.id()) {
      const pair = ca.certificateOf(this.spec.host);
      const options = { mode: 0o600 };
      writeFileSync(this.file("crt"), pair.cert, options);
      writeFileSync(this.file("key"), pair.key, options);
      writeFileSync(this.configFile, stringify(this.config()), options);
    }
    await this.daemon.start();
    await this.daemon.until("its API answers", () => this.answers());
  }

  /** Gone until `ensure`. */
  async stop(): Promise<void> {
    await this.daemon.stop();
  }

  private async answers(): Promise<boolean> {
    try {
      await this.api.nodes();
      return true;
    } catch (error) {
      if (error instanceof HeadscaleError && error.isDown) return false;
      throw error;
    }
  }

  private file(ending: string): string {
    return this.lab.path("tailnet", `${this.spec.name}.${ending}`);
  }

  private config(): object {
    return {
      server_url: `https://${this.spec.host}`,
      listen_addr: "0.0.0.0:443",
      metrics_listen_addr: "127.0.0.1:9090",
      grpc_listen_addr: "127.0.0.1:50443",
      grpc_allow_insecure: false,
      unix_socket: this.socket,
      unix_socket_permission: "0700",
      tls_cert_path: this.file("crt"),
      tls_key_path: this.file("key"),
      noise: { private_key_path: this.file("noise.key") },
      prefixes: { v4: "100.64.0.0/10", v6: "fd7a:115c:a1e0::/48", allocation: "sequential" },
      derp: { urls: [], paths: [], auto_update_enabled: false, update_frequency: "24h", ...this.spec.derp },
      disable_check_updates: true,
      ephemeral_node_inactivity_timeout: "30m",
      database: { type: "sqlite", sqlite: { path: this.file("sqlite"), write_ahead_log: true } },
      log: { level: "info", format: "text" },
      policy: { mode: "database" },
      dns: {
        magic_dns: false,
        base_domain: TAILNET_DOMAIN,
        override_local_dns: false,
        nameservers: { global: [], split: {} },
        search_domains: [],
        extra_records: [],
      },
      logtail: { enabled: false },
      randomize_client_port: false,
    };
  }
}
