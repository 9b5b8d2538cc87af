/**
 * What a lab world is, seen from outside: something that answers the provider plugins' calls and stands behind the names and
 * addresses of "the Internet". How requests travel (RPC server, HTTPS proxy) is the business of `server/`; how the world behaves is
 * the business of whoever implements `World`.
 */
import type { Duplex } from "node:stream";
import type { Faults } from "./faults";
import type { JsonObject } from "./json";
import type { NetnsTools } from "./netns/netnsWorld";

export interface World {
  /** One call of a provider plugin, e.g. `gcp.create`. Throws a `WorldError` where the real API would refuse. */
  call(method: string, params: JsonObject): Promise<unknown>;
  /** Who answers HTTPS or gRPC at this name or address, if anybody does. */
  site(host: string, port: number): Promise<Site | GrpcSite | Tunnel | undefined>;
  summary(): WorldSummary;
  /** What still exists, one sentence each. Empty after a complete destroy. */
  remains(): string[];
  /** Looks again at what `summary` and `remains` tell of. */
  refresh(): Promise<void>;
  /** Lets go of the world; what runs on by itself does. */
  close(): Promise<void>;
  /** Ends what would run on, after `close`. */
  end(): Promise<void>;
}

/** An HTTPS server of the world. */
export interface Site {
  /** Server certificate and key (PEM). Without one the lab's own CA issues it: the site belongs to the public web. */
  certificate?: { cert: string; key: string };
  /** CA (PEM) that client certificates are checked against. */
  clientCa?: string;
  handle(request: SiteRequest): Promise<SiteResponse>;
}

/** A gRPC server of the world. Who shows no certificate of `clientCa` is cut off. */
export interface GrpcSite {
  certificate: { cert: string; key: string };
  clientCa: string;
  /** One unary call, e.g. of `/machine.MachineService/Bootstrap`. Throws a `GrpcRefusal` where the real API would refuse. */
  call(path: string, message: Uint8Array): Promise<Uint8Array>;
}

/** A real server, to which bytes are passed as they are. */
export interface Tunnel {
  /** Rejects where nobody answers. */
  open(): Promise<Duplex>;
}

export interface SiteRequest {
  method: string;
  path: string;
  query: URLSearchParams;
  headers: Record<string, string>;
  body: string;
  /** Whether the client showed a certificate that `clientCa` signed. */
  clientAuthorized: boolean;
}

export interface SiteResponse {
  status: number;
  headers?: Record<string, string>;
  /** Text is sent as it is, everything else as JSON. */
  body?: unknown;
}

export interface WorldSummary {
  nodes: NodeSummary[];
  clusters: ClusterSummary[];
}

export interface ClusterSummary {
  name: string;
  /** Members of etcd by name; a dead one is that of a machine which is gone or off. */
  etcd: { name: string; dead: boolean }[];
  /** When etcd lost its quorum, RFC 3339. Empty for a cluster that was always well. */
  quorumLosses: string[];
}

export interface NodeSummary {
  name: string;
  role: "controlplane" | "worker";
  place: "cloud" | "edge";
  /** Edge: the KVM host that carries it. */
  host?: string;
  tailnetAddress?: string;
  /** The Kubernetes Node is Ready. */
  ready: boolean;
  /** What the machine's console complains about, if it does. */
  problem?: string;
}

/** How long things take in a simulated world, milliseconds. */
export interface Pace {
  /** From power-on until the machine config is read. */
  boot: number;
  /** From the machine config until the machine is in the tailnet. */
  join: number;
  /** From etcd until the Kubernetes API answers. */
  kubernetes: number;
  /** How long calls that wait for a machine do so before they give up. */
  patience: number;
}

export interface WorldOptions {
  /** Folder of the world's state, CA and hosts. Made if missing. */
  dir: string;
  /** Path of the real talosctl, which validates machine configs. */
  talosctl: string;
  pace?: Partial<Pace>;
  /** Makes it a world of network namespaces, with these programs, in place of a simulated one. */
  netns?: NetnsTools;
  log?: (line: string) => void;
  /**
   * Told of each call (`gcp.create`) and request (`POST api.tailscale.com/api/v2/…`) that was carried out. What it throws is answered in
   * place of the result, which is lost.
   */
  carriedOut?: (method: string, params: JsonObject) => void;
}

export interface RunningWorld {
  /** `http://127.0.0.1:<port>`: RPC base and HTTP proxy in one. */
  url: string;
  /** The lab's CA certificate (PEM file). */
  caFile: string;
  /** Environment that puts a process inside this world. */
  env(): Record<string, string>;
  /** Folder of shims such as `ssh`, to be first on PATH. */
  binDir: string;
  /** What is to go wrong on the way to the world. */
  faults: Faults;
  summary(): WorldSummary;
  remains(): string[];
  refresh(): Promise<void>;
  close(): Promise<void>;
  end(): Promise<void>;
}

/** A refusal of a gRPC API: code number and words. */
export class GrpcRefusal extends Error {
  constructor(
    readonly code: number,
    message: string,
  ) {
    super(message);
    this.name = "GrpcRefusal";
  }
}

/** A refusal, with the words and the HTTP status of the API that is played. */
export class WorldError extends Error {
  constructor(
    message: string,
    readonly status = 400,
  ) {
    super(message);
    this.name = "WorldError";
  }
}
