/** The simulated world: in memory, no root, seconds. It behaves as the real parts do, as far as this project can tell the difference. */
import type { ChildProcess } from "node:child_process";
import { join } from "node:path";
import type { JsonObject } from "../json";
import { issueCertificate } from "../server/certificates";
import type { KeyedCertificate } from "../server/certificates";
import { JsonStore } from "../state";
import { TAILSCALE_HOST, tailscaleSite } from "../tailnet/api";
import type { GrpcSite, Pace, Site, World, WorldOptions, WorldSummary } from "../world";
import { apiCall, apiSite } from "./apis";
import { servesApi } from "./cluster/cluster";
import { clusterOf } from "./cluster/identity";
import { answerKubernetes } from "./kube/api";
import { clearPodFolders } from "./kube/podRun";
import { Lifecycle } from "./lifecycle";
import { machineAt } from "./machine/reach";
import { emptyWorld } from "./model";
import type { Cluster, WorldState } from "./model";
import { remainsOf, summaryOf } from "./report";
import { DEFAULT_PACE } from "./sim";
import type { Sim } from "./sim";
import { bridgeExists, host } from "./host/hostState";
import { simTailnet } from "./tailnet/store";
import { talosCall, PORT as TALOS_PORT } from "./talos";
import { talosSite } from "./talosApi";

const KUBERNETES_PORT = 6443;

export class SimWorld implements World, Sim {
  readonly state: WorldState;
  readonly dir: string;
  readonly talosctl: string;
  readonly pace: Pace;
  readonly running = new Map<string, ChildProcess>();
  readonly log: (line: string) => void;
  closing = false;
  private readonly carriedOut: NonNullable<WorldOptions["carriedOut"]>;
  private readonly store: JsonStore<WorldState>;
  private readonly lifecycle: Lifecycle;
  private readonly apiCertificates = new Map<string, KeyedCertificate>();

  constructor(options: WorldOptions & { log: (line: string) => void }) {
    this.dir = options.dir;
    this.talosctl = options.talosctl;
    this.pace = { ...DEFAULT_PACE, ...options.pace };
    this.log = options.log;
    this.carriedOut = options.carriedOut ?? (() => undefined);
    this.store = JsonStore.open(join(options.dir, "world.json"), emptyWorld());
    this.state = this.store.data;
    this.lifecycle = new Lifecycle(this);
    this.lifecycle.wake();
  }

  async call(method: string, params: JsonObject): Promise<unknown> {
    const result = await this.carryOut(method, params);
    this.carriedOut(method, params);
    return result;
  }

  private carryOut(method: string, params: JsonObject): unknown {
    const verb = /^talos\.(.*)$/.exec(method)?.[1];
    return verb === undefined ? apiCall(this, method, params) : talosCall(this, verb, params);
  }

  site(host: string, port: number): Promise<Site | GrpcSite | undefined> {
    const site = this.siteAt(host, port);
    if (!site || !("handle" in site)) return Promise.resolve(site);
    const handle: Site["handle"] = async (request) => {
      const answer = await site.handle(request);
      this.carriedOut(`${request.method} ${host}${request.path}`, {});
      return answer;
    };
    return Promise.resolve({ ...site, handle });
  }

  summary(): WorldSummary {
    return summaryOf(this);
  }

  remains(): string[] {
    return remainsOf(this);
  }

  /** Everything is told as it is at the moment. */
  refresh(): Promise<void> {
    return Promise.resolve();
  }

  /** Nothing runs on. */
  end(): Promise<void> {
    return Promise.resolve();
  }

  async close(): Promise<void> {
    this.closing = true;
    await this.lifecycle.stop();
    for (const child of this.running.values()) {
      if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
    }
    clearPodFolders(this);
    this.store.flush();
  }

  hasBridge(name: string, bridge: string): boolean {
    return bridgeExists(host(this.dir, name), bridge);
  }

  changed(): void {
    if (this.closing) return;
    this.store.touch();
    this.lifecycle.wake();
  }

  next(): number {
    this.state.sequence += 1;
    return this.state.sequence;
  }

  private siteAt(host: string, port: number): Site | GrpcSite | undefined {
    if (host === TAILSCALE_HOST && port === 443) return tailscaleSite(simTailnet(this));
    if (port === 443) return apiSite(this, host);
    if (port !== KUBERNETES_PORT && port !== TALOS_PORT) return undefined;
    const machine = machineAt(this, host, port);
    if (port === TALOS_PORT) return machine && talosSite(this, machine, host);
    const cluster = machine && servesApi(this, machine) ? clusterOf(this, machine) : undefined;
    return cluster && this.kubernetesSite(cluster, host);
  }

  private kubernetesSite(cluster: Cluster, host: string): Site {
    const key = `${cluster.id}|${host}`;
    let certificate = this.apiCertificates.get(key);
    if (!certificate) {
      const names = [host, new URL(cluster.endpoint).hostname, "kubernetes.default.svc"];
      certificate = issueCertificate(
        { commonName: "kube-apiserver", organization: "kube-master", names, use: "server", days: 365 },
        { cert: cluster.ca.crt, key: cluster.ca.key },
      );
      this.apiCertificates.set(key, certificate);
    }
    return {
      certificate,
      clientCa: cluster.ca.crt,
      handle: (request) => Promise.resolve(answerKubernetes(this, cluster, request)),
    };
  }
}
