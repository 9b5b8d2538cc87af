import type { EngineLog } from "./engineLog";
import type { Properties } from "./values";

/** The resource that a call is about. */
export interface ResourceRef {
  urn: string;
  name: string;
  /** Type token, such as `gcp:compute/instance:Instance`. */
  type: string;
}

export interface Failure {
  /** Path of the property, empty for the resource as a whole. */
  property: string;
  reason: string;
}

export interface Checked {
  inputs: Properties;
  failures: Failure[];
}

export type ChangeKind = "add" | "delete" | "update";

export interface Difference {
  changes: { path: string; kind: ChangeKind; replaces: boolean }[];
  deleteBeforeReplace?: boolean;
}

export interface Known {
  id: string;
  /** Inputs as the last update recorded them. */
  inputs: Properties;
  /** Outputs as the last update recorded them. */
  outputs: Properties;
}

/** How a change is to be carried out. */
export interface Run {
  preview: boolean;
  /** From the resource's customTimeouts, seconds. */
  timeoutSeconds?: number;
  /** Fires when the engine is cancelled. */
  signal: AbortSignal;
  log: EngineLog;
}

/**
 * One provider plugin. Inputs arrive without marks of secrecy: the server does not accept them, so the engine itself puts them back on
 * every output of the same name, as it does for providers bridged from Terraform. Outputs that are secret by themselves are marked with
 * `secret()`.
 */
export interface Provider {
  version: string;
  parameterize?(name: string, version: string, parameter: Buffer): Promise<{ name: string; version: string }>;
  checkConfig(config: Properties): Promise<Failure[]>;
  configure(config: Properties): Promise<void>;
  check(resource: ResourceRef, olds: Properties, news: Properties, seed: Buffer): Promise<Checked>;
  diff(resource: ResourceRef, known: Known, news: Properties): Promise<Difference>;
  create(resource: ResourceRef, inputs: Properties, run: Run): Promise<{ id: string; outputs: Properties }>;
  /** Undefined: it does not exist (any more). Without recorded state it is an import of `known.id`. */
  read(resource: ResourceRef, known: Known, run: Run): Promise<Known | undefined>;
  update(resource: ResourceRef, known: Known, news: Properties, run: Run): Promise<Properties>;
  delete(resource: ResourceRef, known: Known, run: Run): Promise<void>;
  invoke?(token: string, args: Properties, run: Run): Promise<{ outputs: Properties; failures: Failure[] }>;
}

/** The resource exists, but did not become what it should: the engine records it, and the next update looks at it again. */
export class NotReady extends Error {
  constructor(
    readonly id: string,
    readonly outputs: Properties,
    readonly inputs: Properties,
    readonly reasons: string[],
  ) {
    super(reasons.join("\n"));
  }
}
