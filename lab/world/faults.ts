/**
 * What goes wrong between a client and the world, as tests lay it out: an API that is too busy, a connection that breaks, an answer that never
 * arrives. The world itself knows nothing of it. Where nothing is laid out, everything passes.
 */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/**
 * - a status: the API refuses, and nothing is carried out;
 * - `reset`: the connection breaks before anything is carried out;
 * - `lost`: the call is carried out, and the connection breaks before the answer;
 * - `silence`: nothing is carried out and nobody ever answers.
 */
export type Fault = { status: number; retryAfter?: string } | "reset" | "lost" | "silence";

export interface FaultRule {
  /** Kinds of calls as `kindOfRpc` and `kindOfRequest` name them, or `ssh` for logins on a KVM host. */
  calls: string | RegExp;
  /** Over ssh, where there are no statuses, a status and `silence` are a connection that breaks at the start. */
  fault: Fault;
  /** How many calls it befalls, `Infinity` for all. @default 1 */
  times?: number;
}

/** One moment of a call. */
export interface Moment {
  kind: string;
  phase: "begun" | "carried out";
}

/** May break the connection at this moment, by answering `cut`. */
export type Watcher = (moment: Moment) => "cut" | undefined;

/** The connection is to be broken without an answer. */
export class ConnectionCut extends Error {}

/** Nobody is to answer; the connection stays open until the client gives up. */
export class Silence extends Error {}

/** The API's refusal. */
export class Refused extends Error {
  constructor(
    readonly status: number,
    readonly retryAfter: string | undefined,
  ) {
    super(status === 429 ? "rate limit exceeded" : "the service is out of order for the moment");
  }
}

export class Faults {
  private rules: Required<FaultRule>[] = [];
  private watcher: Watcher | undefined;
  private readonly ssh: string;

  /** @param dir - The world's folder; the `ssh` shim, a process of its own, finds its faults there. */
  constructor(dir: string) {
    this.ssh = join(dir, "ssh-faults");
    this.clear();
  }

  add(rule: FaultRule): void {
    const times = rule.times ?? 1;
    if (rule.calls === "ssh") this.layOut(rule.fault, times);
    else this.rules.push({ ...rule, times });
  }

  clear(): void {
    this.rules = [];
    rmSync(this.ssh, { recursive: true, force: true });
    mkdirSync(this.ssh, { recursive: true, mode: 0o700 });
  }

  /** Kinds of calls whose faults have not befallen any call yet. */
  left(): string[] {
    return this.rules.filter(({ times }) => times > 0 && times !== Infinity).map(({ calls }) => String(calls));
  }

  watch(watcher: Watcher | undefined): void {
    this.watcher = watcher;
  }

  /** Carries out one call with whatever goes wrong about it; throws `Refused`, `ConnectionCut` or `Silence`. */
  async around<T>(kind: string, carryOut: () => Promise<T>): Promise<T> {
    const rule = this.rules.find(({ calls, times }) => times > 0 && matches(calls, kind));
    if (rule) rule.times -= 1;
    const fault = rule?.fault;
    if (this.watcher?.({ kind, phase: "begun" }) === "cut" || fault === "reset") throw new ConnectionCut();
    if (fault === "silence") throw new Silence();
    if (typeof fault === "object") throw new Refused(fault.status, fault.retryAfter);
    const result = await carryOut();
    if (this.watcher?.({ kind, phase: "carried out" }) === "cut" || fault === "lost") throw new ConnectionCut();
    return result;
  }

  /** A file for each login that it befalls: its content tells when the connection breaks. */
  private layOut(fault: Fault, times: number): void {
    const names = times === Infinity ? ["always"] : Array.from({ length: times }, (_, index) => `once-${index}`);
    for (const name of names) writeFileSync(join(this.ssh, name), fault === "lost" ? "after" : "before");
  }
}

function matches(calls: string | RegExp, kind: string): boolean {
  return typeof calls === "string" ? calls === kind : calls.test(kind);
}

/** `gcp.create gcp:compute/instance:Instance`, `talos.apply`. */
export function kindOfRpc(method: string, token: string | undefined): string {
  return token === undefined ? method : `${method} ${token}`;
}

/** `talos Bootstrap` for `/machine.MachineService/Bootstrap`. */
export function kindOfGrpc(path: string): string {
  return `talos ${path.slice(path.lastIndexOf("/") + 1)}`;
}

/** `GET kubernetes/api/v1/nodes/*`, `DELETE api.tailscale.com/api/v2/device/*`: names and ids are left out. */
export function kindOfRequest(method: string, host: string, port: number, path: string): string {
  const named = /\/(tailnet|device|keys|image|nodes|namespaces|pods|services|endpoints|daemonsets|jobs)\/[^/]+/g;
  return `${method} ${port === 443 ? host : "kubernetes"}${path.replace(named, "/$1/*")}`;
}
