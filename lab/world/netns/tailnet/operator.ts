/** The operator's computer: on the Internet, and in the tailnet as a person's device, with a device `tailscale0` of its own. */
import { join } from "node:path";
import { run } from "../command";
import { Daemon } from "../daemon";
import type { NetnsLab } from "../lab";
import { PLACE } from "../net/addresses";
import type { Internet } from "../net/internet";
import { Namespace } from "../net/namespace";
import type { HeadscaleApi } from "./headscaleApi";
import { OPERATOR_USER } from "./policy";

const KEY_MS = 600_000;
const LOGIN_TIMEOUT_S = 60;

/** One peer as `tailscale status` shows it. */
export interface PeerStatus {
  HostName: string;
  TailscaleIPs: string[];
  Online: boolean;
  /** Address of the direct path; empty without one. */
  CurAddr: string;
  /** Relay that packets go by where there is no direct path. */
  Relay: string;
}

interface Status {
  BackendState: string;
  Peer?: Record<string, PeerStatus>;
}

export class Operator {
  readonly namespace: Namespace;
  private readonly daemon: Daemon;
  private readonly socket: string;

  /** @param binaries - Folder of tailscaled and tailscale. */
  constructor(
    lab: NetnsLab,
    private readonly internet: Internet,
    private readonly api: HeadscaleApi,
    private readonly binaries: string,
    caFile: string,
  ) {
    this.namespace = new Namespace(lab.namespaceName("operator"));
    this.socket = lab.socket("operator.sock");
    this.daemon = new Daemon(lab, {
      name: "operator-tailscaled",
      namespace: this.namespace,
      command: [
        join(binaries, "tailscaled"),
        `--statedir=${lab.path("tailnet", "operator")}`,
        `--socket=${this.socket}`,
        "--tun=tailscale0",
        "--port=41641",
        "--no-logs-no-support",
      ],
      env: { SSL_CERT_FILE: caFile, TS_NO_LOGS_NO_SUPPORT: "true" },
      resolvConf: internet.resolvConf,
    });
  }

  /** On the Internet, and in the tailnet. */
  async ensure(): Promise<void> {
    await this.namespace.ensure();
    await this.internet.attach({ namespace: this.namespace, address: PLACE.operator });
    await this.daemon.start();
    await this.daemon.until("it answers", async () => (await this.state()) !== undefined);
    if ((await this.state()) === "Running") return;
    const user = await this.api.ensureUser(OPERATOR_USER);
    const { key } = await this.api.createKey(user, {
      reusable: false,
      ephemeral: false,
      expires: Date.now() + KEY_MS,
      tags: [],
    });
    const options = [
      "--hostname=operator",
      "--accept-dns=false",
      "--accept-routes=false",
      `--timeout=${LOGIN_TIMEOUT_S}s`,
    ];
    await this.tailscale(["up", `--auth-key=${key}`, ...options]);
  }

  /** Peers that the operator sees, by tailnet address. */
  async peers(): Promise<PeerStatus[]> {
    const status = JSON.parse(await this.tailscale(["status", "--json"])) as Status;
    return Object.values(status.Peer ?? {});
  }

  /** Runs the `tailscale` command of the operator's device. */
  tailscale(args: string[]): Promise<string> {
    return run(join(this.binaries, "tailscale"), [`--socket=${this.socket}`, ...args], {
      timeoutMs: (LOGIN_TIMEOUT_S + 10) * 1000,
    });
  }

  /** State of tailscaled, while it answers; `NoState` is that of one that has just begun. */
  private async state(): Promise<string | undefined> {
    try {
      const { BackendState } = JSON.parse(await this.tailscale(["status", "--json"])) as Status;
      return BackendState === "NoState" || BackendState === "Starting" ? undefined : BackendState;
    } catch {
      return undefined;
    }
  }
}
