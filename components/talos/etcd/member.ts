import * as pulumi from "@pulumi/pulumi";
import { DynamicResource } from "../../dynamic";
import type { ClientConfiguration } from "../clientConfiguration";
import { createMemberProvider, defaultMemberBounds } from "./memberProvider";

const memberProvider = createMemberProvider(defaultMemberBounds);

export interface EtcdMemberArgs {
  /** Host name of the control plane. */
  nodeName: string;
  /** Its tailnet address. */
  address: pulumi.Input<string>;
  /** Its VPC address, over which etcd's members talk. */
  internalIp: pulumi.Input<string>;
  /** Identity of the machine; another machine is another member. */
  machineId: pulumi.Input<string>;
  /** GCE machine type. With another one the machine is restarted, and is waited for. */
  machineType: string;
  /** Host names of all control planes. The members of those that are missing from it are taken out of etcd. */
  controlPlanes: string[];
  /** Client certificate for the Talos API. Kept secret. */
  clientConfiguration: pulumi.Input<ClientConfiguration>;
  /** How long the member may take to join, minutes. */
  timeoutMinutes: number;
}

/** A control plane's membership in etcd: there once it has a vote and is healthy, taken out before its machine goes. */
export class EtcdMember extends DynamicResource {
  /** The member's id, decimal. */
  declare readonly memberId: pulumi.Output<string>;

  constructor(name: string, args: EtcdMemberArgs, opts?: pulumi.CustomResourceOptions) {
    super(
      memberProvider,
      name,
      { ...args, clientConfiguration: pulumi.secret(args.clientConfiguration), memberId: undefined },
      { ...opts, additionalSecretOutputs: ["clientConfiguration"] },
      "talos",
      "EtcdMember",
    );
  }
}
