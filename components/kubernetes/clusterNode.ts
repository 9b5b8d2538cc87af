import * as pulumi from "@pulumi/pulumi";
import { DynamicResource } from "../dynamic";
import type { KubernetesClient } from "./client";
import { createClusterNodeProvider, defaultBounds } from "./clusterNodeProvider";

const clusterNodeProvider = createClusterNodeProvider(defaultBounds);

export interface ClusterNodeArgs {
  /** Name of the Node: the machine's host name. */
  nodeName: string;
  /** The machine's tailnet address. The Node's InternalIP and its Flannel VTEP must be the same. */
  address: pulumi.Input<string>;
  /** How the cluster's API is reached. Kept secret. */
  client: pulumi.Input<KubernetesClient>;
  /** Identity of the machine; another machine is another Node. */
  machineId: pulumi.Input<string>;
  /** How long the Node may take to become ready, minutes. */
  timeoutMinutes: number;
}

/**
 * A machine's membership in the cluster: there once its Node is ready and its pod traffic runs over the tailnet; drained and deleted
 * before the machine goes.
 */
export class ClusterNode extends DynamicResource {
  /** Addresses of the Node's pods. */
  declare readonly podCidr: pulumi.Output<string>;
  /** Flannel's VTEP: the Node's tailnet address. */
  declare readonly vtep: pulumi.Output<string>;
  /** `v1.35.0`. */
  declare readonly kubeletVersion: pulumi.Output<string>;

  constructor(name: string, args: ClusterNodeArgs, opts?: pulumi.CustomResourceOptions) {
    super(
      clusterNodeProvider,
      name,
      { ...args, client: pulumi.secret(args.client), podCidr: undefined, vtep: undefined, kubeletVersion: undefined },
      { ...opts, additionalSecretOutputs: ["client", ...(opts?.additionalSecretOutputs ?? [])] },
      "kubernetes",
      "ClusterNode",
    );
  }
}
