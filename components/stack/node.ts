import * as pulumi from "@pulumi/pulumi";
import type { ClusterConfig, PatchesConfig, TailnetConfig } from "../config";
import type { Interrupted } from "../leftovers";
import { attemptAt, type Held, heldKeys } from "../state";
import { NodeKey, TailnetDevice } from "../tailnet";
import {
  type ClientConfiguration,
  machineConfiguration,
  type MachineSecrets,
  NodeConfiguration,
  nodePatches,
  type NodePlan,
  tailnetTag,
} from "../talos";

/** What a machine is made from. */
export interface Boot {
  /** The whole machine config. Secret. */
  machineConfig: pulumi.Output<string>;
  /** Changes when the machine is to be another one. */
  incarnation: pulumi.Output<string>;
  /** When its auth key was made, RFC 3339. */
  keyCreatedAt: pulumi.Output<string>;
  /** Set where an earlier attempt at this machine was cut off. */
  interrupted?: Interrupted;
}

export interface NodeArgs {
  plan: NodePlan;
  /** Raised by one to replace the machine. */
  generation: number;
  /** What earlier updates left in the stack's state. */
  held: Held;
  /** The stack that makes the machine, in hexadecimal digits. */
  owner: pulumi.Input<string>;
  cluster: ClusterConfig;
  tailnet: TailnetConfig;
  /** The user's config patches. */
  patches: PatchesConfig;
  /** Installer with the node's schematic. */
  installerImage: pulumi.Input<string>;
  /** Control planes, as this node reaches them. */
  endpointAddresses: pulumi.Input<string[]>;
  /** Addresses of the VPC subnet; needed for control planes. */
  networkCidr?: string;
  machineSecrets: pulumi.Input<MachineSecrets>;
  clientConfiguration: pulumi.Input<ClientConfiguration>;
  /**
   * Makes the machine, of whatever kind.
   *
   * @returns what tells this machine from its successor.
   */
  machine: (name: string, boot: Boot, opts: pulumi.ComponentResourceOptions) => { machineId: pulumi.Output<string> };
  /**
   * What has to be done before a machine whose creation was cut off is begun anew.
   *
   * @default nothing
   */
  makeRoom?: (interrupted: Interrupted) => pulumi.ResourceHookFunction;
}

/** A machine from its auth key to the tailnet: key, machine config, machine, device, and the config kept in force from then on. */
export class Node extends pulumi.ComponentResource {
  readonly plan: NodePlan;
  /** Tailnet address; known once the machine has joined. */
  readonly address: pulumi.Output<string>;
  /** Tells this machine from its successor. */
  readonly machineId: pulumi.Output<string>;

  constructor(name: string, args: NodeArgs, opts?: pulumi.ComponentResourceOptions) {
    super("talos-cloud-edge:stack:Node", name, {}, opts);
    const { plan, tailnet } = args;
    this.plan = plan;
    const tag = tailnetTag(plan, tailnet.tags);
    const attempt = attemptAt(args.held, name, Date.now());
    const key = new NodeKey(
      `${name}-key`,
      {
        hostname: plan.name,
        owner: args.owner,
        tag,
        generation: args.generation,
        attempt: attempt.number,
        expiryMinutes: tailnet.keyExpiryMinutes,
        held: heldKeys(args.held, name),
        ...(attempt.interrupted && args.makeRoom && { beforeIncarnation: [args.makeRoom(attempt.interrupted)] }),
      },
      { parent: this },
    );
    const known = pulumi.all([key.authKey, args.installerImage, pulumi.output(args.endpointAddresses)]);
    const machineConfig = machineConfiguration(
      {
        cluster: args.cluster,
        role: plan.role,
        machineSecrets: args.machineSecrets,
        patches: known.apply(([authKey, installerImage, endpointAddresses]) =>
          nodePatches(plan, {
            cluster: args.cluster,
            patches: args.patches,
            tag,
            authKey,
            installerImage,
            endpointAddresses,
            ...(args.networkCidr !== undefined && { networkCidr: args.networkCidr }),
            ...(tailnet.dnsName !== undefined && { dnsName: tailnet.dnsName }),
          }),
        ),
      },
      { parent: this },
    );
    const { machineId } = args.machine(
      `${name}-machine`,
      {
        machineConfig,
        incarnation: key.incarnation,
        keyCreatedAt: key.createdAt,
        ...(attempt.interrupted && { interrupted: attempt.interrupted }),
      },
      { parent: this },
    );
    const device = new TailnetDevice(
      `${name}-device`,
      {
        hostname: plan.name,
        tag,
        incarnation: key.incarnation,
        machineId,
        notBefore: key.createdAt,
        joinTimeoutMinutes: tailnet.joinTimeoutMinutes,
      },
      { parent: this },
    );
    new NodeConfiguration(
      `${name}-config`,
      {
        address: device.address,
        clientConfiguration: args.clientConfiguration,
        machineConfiguration: machineConfig,
      },
      { parent: this },
    );
    this.machineId = machineId;
    this.address = device.address;
    this.registerOutputs({ address: this.address, machineId: this.machineId });
  }
}
