/** A small lab of real namespaces, with stand-ins for machines: namespaces in which a test runs what it needs. */
import { execFile } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "../../../../lab/world/netns/command";
import { Daemon } from "../../../../lab/world/netns/daemon";
import { installHostTools } from "../../../../lab/world/netns/host/install";
import { KvmHost } from "../../../../lab/world/netns/host/kvmHost";
import { NetnsLab } from "../../../../lab/world/netns/lab";
import { PLACE, PublicAddresses } from "../../../../lab/world/netns/net/addresses";
import { Internet } from "../../../../lab/world/netns/net/internet";
import { Namespace } from "../../../../lab/world/netns/net/namespace";
import { remains, removeAll } from "../../../../lab/world/netns/remains";
import { CONTROL_HOST } from "../../../../lab/world/netns/tailnet/headscale";
import { unfit } from "../../../../lab/world/netns/unfit";
import { CertificateAuthority } from "../../../../lab/world/server/ca";
import { installSsh } from "../../../../lab/world/sim/install";

/** Folder of headscale, tailscaled and tailscale. */
const BINARIES = process.env.LAB_NETNS_BIN ?? "";

/** Why tests of real namespaces cannot run here. */
export const noNamespaces = unfit();
/** Why those of a real tailnet cannot. */
export const noTailnet =
  noNamespaces ??
  (existsSync(join(BINARIES, "headscale"))
    ? undefined
    : "LAB_NETNS_BIN names no folder with headscale, tailscaled and tailscale");

/** Title of a suite that says why it is skipped. */
export const title = (what: string, reason: string | undefined): string =>
  reason === undefined ? what : `${what} (skipped: ${reason})`;

const FETCH =
  "fetch(process.argv[1], { signal: AbortSignal.timeout(Number(process.argv[2])) }).then((a) => a.text()).then(console.log, () => process.exit(1))";
const LEASE =
  '#!/bin/sh\n[ "$1" = bound ] || exit 0\nip addr replace "$ip/$mask" dev "$interface"\nip route replace default via "$router"\necho "$ip $dns $hostname"\n';

const succeeds = (work: Promise<unknown>): Promise<boolean> =>
  work.then(
    () => true,
    () => false,
  );

export class RealLab {
  readonly lab: NetnsLab;
  readonly internet: Internet;
  readonly addresses: PublicAddresses;
  readonly ca: CertificateAuthority;
  readonly binaries = BINARIES;
  private readonly enterHost: string;
  private readonly ssh: string;

  private constructor(private readonly folder: string) {
    this.lab = new NetnsLab(join(folder, "world"));
    this.internet = new Internet(this.lab);
    this.addresses = new PublicAddresses(this.lab);
    this.ca = CertificateAuthority.open(this.lab.dir);
    this.enterHost = installHostTools(this.lab);
    this.ssh = join(installSsh(this.lab.dir), "ssh");
  }

  static async start(): Promise<RealLab> {
    const made = new RealLab(mkdtempSync(join(tmpdir(), "netns-test-")));
    await made.internet.ensure(["example.com"], { [CONTROL_HOST]: PLACE.controlPlane });
    return made;
  }

  /** @returns what is left after everything was removed */
  async stop(): Promise<string[]> {
    await removeAll(this.lab);
    const left = remains(this.lab);
    rmSync(this.folder, { recursive: true, force: true });
    return left;
  }

  namespace(name: string): Namespace {
    return new Namespace(this.lab.namespaceName(name));
  }

  /** Somebody on the Internet. */
  async outsider(name: string, address: string): Promise<Namespace> {
    const namespace = this.namespace(name);
    await namespace.ensure();
    await this.internet.attach({ namespace, address });
    return namespace;
  }

  async kvmHost(name: string): Promise<KvmHost> {
    const host = new KvmHost(this.lab, this.internet, this.addresses, name, this.enterHost);
    await host.ensure();
    return host;
  }

  /** A script on a KVM host, as the program sends one. */
  runOnHost(
    host: string,
    script: string,
    env: Record<string, string> = {},
  ): Promise<{ code: number; stdout: string; stderr: string }> {
    return new Promise((resolve) => {
      const child = execFile(
        this.ssh,
        [
          "-o",
          "BatchMode=yes",
          "--",
          `root@${host}`,
          "sh -c 'if [ \"$(id -u)\" = 0 ]; then exec sh -s; else exec sudo -n sh -s; fi'",
        ],
        { env: { ...process.env, ...env } },
        (error, stdout, stderr) => {
          resolve({ code: typeof error?.code === "number" ? error.code : 0, stdout, stderr });
        },
      );
      child.stdin?.end(script);
    });
  }

  /** A web server in a namespace, on any port. */
  async serve(namespace: Namespace, port: number): Promise<void> {
    const root = join(this.folder, "www");
    mkdirSync(root, { recursive: true });
    writeFileSync(join(root, "index.html"), "here\n");
    const command: [string, ...string[]] = ["busybox", "httpd", "-f", "-p", String(port), "-h", root];
    const daemon = new Daemon(this.lab, { name: `web-${namespace.name}-${port}`, namespace, command });
    await daemon.start();
    await daemon.until("it listens", () => this.reaches(namespace, `127.0.0.1:${port}`));
  }

  /** Whether a web server answers, and soon. */
  reaches(from: Namespace, authority: string): Promise<boolean> {
    return succeeds(from.exec(process.execPath, ["-e", FETCH, `http://${authority}/`, "5000"]));
  }

  /** Whether nobody answers there, whom one would have heard of by now. */
  async isShut(from: Namespace, authority: string): Promise<boolean> {
    return !(await succeeds(from.exec(process.execPath, ["-e", FETCH, `http://${authority}/`, "1000"])));
  }

  pings(from: Namespace, address: string, ...options: string[]): Promise<boolean> {
    return succeeds(from.exec("ping", ["-c", "1", "-W", "5", ...options, address]));
  }

  async isSilent(from: Namespace, address: string, ...options: string[]): Promise<boolean> {
    return !(await succeeds(from.exec("ping", ["-c", "1", "-W", "1", ...options, address])));
  }

  /** Takes a lease for the machine. @returns address, DNS server and host name */
  async lease(namespace: Namespace): Promise<string> {
    const script = join(this.folder, "lease");
    writeFileSync(script, LEASE, { mode: 0o755 });
    return (await namespace.exec("busybox", ["udhcpc", "-i", "eth0", "-n", "-q", "-s", script])).trim();
  }

  /** Starts tailscaled in a namespace and logs it in. @returns its tailnet address */
  async join(
    namespace: Namespace,
    options: { key: string; hostname: string; nameserver: string; tag: string },
  ): Promise<string> {
    const { hostname } = options;
    const resolvConf = this.lab.path("machines", `${hostname}.resolv.conf`);
    writeFileSync(resolvConf, `nameserver ${options.nameserver}\n`);
    const socket = this.lab.socket(`${hostname}.sock`);
    const daemon = new Daemon(this.lab, {
      name: `tailscaled-${hostname}`,
      namespace,
      resolvConf,
      command: [
        join(BINARIES, "tailscaled"),
        `--statedir=${this.lab.path("machines", hostname)}`,
        `--socket=${socket}`,
        "--tun=tailscale0",
        "--port=41641",
        "--no-logs-no-support",
      ],
      env: { SSL_CERT_FILE: this.ca.file, TS_NO_LOGS_NO_SUPPORT: "true" },
    });
    await daemon.start();
    await daemon.until("its socket is there", () => existsSync(socket));
    const tailscale = (...args: string[]) =>
      namespace.exec(join(BINARIES, "tailscale"), [`--socket=${socket}`, ...args]);
    const flags = [`--auth-key=${options.key}`, `--hostname=${hostname}`, `--advertise-tags=${options.tag}`];
    await tailscale("up", ...flags, "--accept-dns=false", "--accept-routes=false", "--timeout=30s");
    return (await tailscale("ip", "-4")).trim();
  }

  /** Whether a machine that has joined reaches another one without the relay. */
  async isDirect(hostname: string, address: string): Promise<boolean> {
    const socket = this.lab.socket(`${hostname}.sock`);
    return run(join(BINARIES, "tailscale"), [`--socket=${socket}`, "ping", "--c=3", "--timeout=2s", address]).then(
      (said) => said.includes("via") && !said.includes("DERP"),
      () => false,
    );
  }
}
