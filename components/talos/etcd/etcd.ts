import * as pulumi from "@pulumi/pulumi";
import type { ClientConfiguration } from "../clientConfiguration";
import { EtcdBootstrap } from "./bootstrap";
import { EtcdMember } from "./member";

export interface EtcdArgs {
  /** Host names of all control planes; etcd is bootstrapped on the first. */
  controlPlanes: string[];
  /** Client certificate for the Talos API. */
  clientConfiguration: pulumi.Input<ClientConfiguration>;
  /**
   * How long bootstrap, and after it each member, may take, minutes.
   *
   * @default 10
   */
  timeoutMinutes?: number;
}

/** A control plane's machine, as etcd needs to know it. */
export interface EtcdMachine {
  /** Host name. */
  name: string;
  /** Tailnet address. */
  address: pulumi.Input<string>;
  /** VPC address. */
  internalIp: pulumi.Input<string>;
  /** Tells this machine from its successor. */
  machineId: pulumi.Input<string>;
  /** GCE machine type. */
  machineType: string;
}

/**
 * The cluster's etcd. Its members join one after the other, in the order in which they are added, and leave in the opposite one. A machine
 * that waits for the last member is replaced only when etcd is whole.
 */
export class Etcd extends pulumi.ComponentResource {
  /** The members so far by host name, in their order. */
  readonly members = new Map<string, EtcdMember>();
  private bootstrap: EtcdBootstrap | undefined;

  constructor(
    private readonly ownName: string,
    private readonly args: EtcdArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("talos-cloud-edge:talos:Etcd", ownName, {}, opts);
    this.registerOutputs({});
  }

  /** What the next member waits for: the last one so far. */
  get last(): EtcdMember[] {
    return [...this.members.values()].slice(-1);
  }

  /** Adds the next control plane. */
  add(machine: EtcdMachine): void {
    const { controlPlanes, clientConfiguration, timeoutMinutes = 10 } = this.args;
    const access = { nodeName: machine.name, address: machine.address, clientConfiguration, timeoutMinutes };
    this.bootstrap ??= new EtcdBootstrap(
      `${this.ownName}-bootstrap`,
      { ...access, alone: controlPlanes.length === 1 },
      { parent: this },
    );
    const { internalIp, machineId, machineType } = machine;
    const member = new EtcdMember(
      `${this.ownName}-${machine.name}`,
      { ...access, internalIp, machineId, machineType, controlPlanes },
      { parent: this, dependsOn: [this.bootstrap, ...this.last] },
    );
    this.members.set(machine.name, member);
  }
}
