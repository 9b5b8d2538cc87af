/** The world of network namespaces: real networks, a real tailnet and real clusters, behind the same APIs as the simulated one. */
import type { ChildProcess } from "node:child_process";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { checksSchema } from "../../../components/config/schema";
import type { JsonObject } from "../json";
import { textAt } from "../json";
import type { CertificateAuthority } from "../server/ca";
import { apiCall, apiSite } from "../sim/apis";
import { isIn } from "../sim/addresses";
import { emptyWorld } from "../sim/model";
import type { Machine, WorldState } from "../sim/model";
import { apiRemains, byRank } from "../sim/report";
import { DEFAULT_PACE } from "../sim/sim";
import type { Sim } from "../sim/sim";
import { JsonStore } from "../state";
import { TAILSCALE_HOST, tailscaleSite } from "../tailnet/api";
import { isUsable } from "../tailnet/keys";
import type { NodeSummary, Pace, Site, Tunnel, World, WorldSummary } from "../world";
import { Dialer } from "./dialer";
import { Ground } from "./ground";
import { installHostTools } from "./host/install";
import { Hosts } from "./hosts";
import { NetnsLab } from "./lab";
import { Machines } from "./machines";
import type { MachineTools } from "./machines";
import { RESOLVERS } from "./net/addresses";
import { Reconciler } from "./reconciler";
import { removeAll } from "./remains";
import { talosCall } from "./talosCalls";

const TAILNET = "100.64.0.0/10";
const PORTS = [50_000, 6443];
/** Calls that change what there is. */
const CHANGING = /\.(create|update|delete|virsh)$/;

/** What was built for a lab of namespaces. */
export type NetnsTools = Pick<MachineTools, "machine" | "binaries" | "images">;

export interface NetnsOptions {
  dir: string;
  talosctl: string;
  tools: NetnsTools;
  ca: CertificateAuthority;
  /** Environment that leads a process to this world. */
  env: Record<string, string>;
  log: (line: string) => void;
}

export class NetnsWorld implements World, Sim {
  readonly state: WorldState;
  readonly dir: string;
  readonly talosctl: string;
  readonly pace: Pace = DEFAULT_PACE;
  /** Pods run in the machines. */
  readonly running = new Map<string, ChildProcess>();
  readonly log: (line: string) => void;
  closing = false;
  private readonly store: JsonStore<WorldState>;
  private readonly lab: NetnsLab;
  private readonly ground: Ground;
  private readonly hosts: Hosts;
  private readonly machines: Machines;
  private readonly reconciler: Reconciler;
  private seen: { devices: string[]; keys: string[]; hosts: string[] } = { devices: [], keys: [], hosts: [] };

  private constructor(private readonly options: NetnsOptions) {
    const { dir, talosctl, tools, ca, log } = options;
    this.dir = dir;
    this.talosctl = talosctl;
    this.log = log;
    this.store = JsonStore.open(join(dir, "world.json"), emptyWorld());
    this.state = this.store.data;
    this.lab = new NetnsLab(dir, log);
    this.ground = new Ground(this.lab, ca, tools);
    this.hosts = new Hosts(this.lab, this.ground, installHostTools(this.lab));
    this.machines = new Machines(this.lab, {
      ...tools,
      imageNames: [checksSchema.parse(undefined).image],
      caFile: ca.file,
      nameserver: RESOLVERS[0] ?? "",
    });
    this.reconciler = new Reconciler(this.lab, this.state, {
      ground: this.ground,
      hosts: this.hosts,
      machines: this.machines,
    });
  }

  /** Goes on with the world in the folder, or begins one: what runs is left alone, what should run is started. */
  static async open(options: NetnsOptions): Promise<NetnsWorld> {
    const world = new NetnsWorld(options);
    await world.ground.ensure();
    world.reconciler.wake();
    await world.reconciler.settled();
    return world;
  }

  async call(method: string, params: JsonObject): Promise<unknown> {
    const verb = /^talos\.(.*)$/.exec(method)?.[1];
    if (verb !== undefined) return talosCall({ talosctl: this.talosctl, env: this.options.env }, verb, params);
    if (method === "netns.host") {
      await this.hosts.on(textAt(params, "host") ?? "");
      return {};
    }
    const result = apiCall(this, method, params);
    if (CHANGING.test(method)) await this.reconciler.settled();
    return result;
  }

  site(host: string, port: number): Promise<Site | Tunnel | undefined> {
    if (host === TAILSCALE_HOST && port === 443) return Promise.resolve(tailscaleSite(this.ground.tailnet));
    if (port === 443) return Promise.resolve(apiSite(this, host));
    return Promise.resolve(PORTS.includes(port) ? { open: () => this.dialer(host).dial(host, port) } : undefined);
  }

  summary(): WorldSummary {
    const nodes = Object.values(this.state.machines).map((machine) => this.describe(machine));
    return { nodes: nodes.sort(byRank), clusters: [] };
  }

  remains(): string[] {
    return [...apiRemains(this), ...this.seen.devices, ...this.seen.keys, ...this.seen.hosts];
  }

  async refresh(): Promise<void> {
    await this.reconciler.settled();
    const devices = await this.ground.tailnet.devices();
    const keys = await this.ground.tailnet.keys();
    const hosts = await Promise.all(this.hosts.all().map((host) => host.remains()));
    this.seen = {
      devices: devices.map((device) => `tailnet device ${textAt(device, "hostname") ?? device.id}`),
      keys: keys.filter(isUsable).map((key) => `unused tailnet key ${key.id} (${key.description})`),
      hosts: hosts.flat(),
    };
  }

  /** The cluster lives on; the world is found again by its names. */
  async close(): Promise<void> {
    this.closing = true;
    await this.reconciler.stop();
    this.ground.close();
    this.store.flush();
  }

  /** Ends everything that runs. */
  async end(): Promise<void> {
    await removeAll(this.lab);
  }

  hasBridge(host: string, bridge: string): boolean {
    const { name } = this.hosts.host(host).namespace;
    return spawnSync("ip", ["-n", name, "link", "show", "dev", bridge]).status === 0;
  }

  changed(): void {
    if (this.closing) return;
    this.store.touch();
    this.reconciler.wake();
  }

  next(): number {
    this.state.sequence += 1;
    return this.state.sequence;
  }

  private describe(machine: Machine): NodeSummary {
    const status = this.machines.status(machine);
    return {
      name: status?.hostname ?? machine.name,
      role: status?.role ?? "worker",
      place: machine.place,
      ...(machine.attachment.kind === "lan" && { host: machine.attachment.host }),
      tailnetAddress: status?.addresses?.find((address) => isIn(TAILNET, address)),
      ready: status?.nodeReady === true,
      ...(status?.problem !== undefined && { problem: status.problem }),
    };
  }

  /** The operator's computer is on the Internet, in the tailnet, and at the LANs of the sites. */
  private dialer(address: string): Pick<Dialer, "dial"> {
    const neighbour = Object.values(this.state.machines).find(
      (machine) =>
        machine.attachment.kind === "lan" && this.machines.status(machine)?.addresses?.includes(address) === true,
    );
    if (neighbour?.attachment.kind !== "lan" || isIn(TAILNET, address)) return this.ground;
    return new Dialer(this.lab, this.hosts.host(neighbour.attachment.host).namespace, this.options.tools.machine);
  }
}
