import * as pulumi from "@pulumi/pulumi";
import { DynamicResource } from "../../dynamic";
import type { ClientConfiguration } from "../clientConfiguration";
import { createBootstrapProvider, defaultBootstrapBounds } from "./bootstrapProvider";

const bootstrapProvider = createBootstrapProvider(defaultBootstrapBounds);

export interface EtcdBootstrapArgs {
  /** Host name of the first control plane. */
  nodeName: string;
  /** Its tailnet address. */
  address: pulumi.Input<string>;
  /** Whether it is the only control plane: then a new machine in its place is bootstrapped anew. */
  alone: boolean;
  /** Client certificate for the Talos API. Kept secret. */
  clientConfiguration: pulumi.Input<ClientConfiguration>;
  /** How long etcd may take to answer, minutes. */
  timeoutMinutes: number;
}

/**
 * etcd's first start. The Talos provider's own resource takes an etcd that is bootstrapped already for a failure, so an update that was
 * killed after the call could never end well.
 */
export class EtcdBootstrap extends DynamicResource {
  constructor(name: string, args: EtcdBootstrapArgs, opts?: pulumi.CustomResourceOptions) {
    super(
      bootstrapProvider,
      name,
      { ...args, clientConfiguration: pulumi.secret(args.clientConfiguration) },
      { ...opts, additionalSecretOutputs: ["clientConfiguration"] },
      "talos",
      "EtcdBootstrap",
    );
  }
}
