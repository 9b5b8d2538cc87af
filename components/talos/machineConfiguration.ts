import * as pulumi from "@pulumi/pulumi";
import * as talos from "@pulumi/talos";
import type { ClusterConfig } from "../config/schema";
import type { MachineSecrets } from "./clusterSecrets";
import { clusterEndpoint } from "./endpoint";

export interface MachineConfigurationArgs {
  /** The cluster's name and versions. */
  cluster: ClusterConfig;
  /** Talos machine type. */
  role: "controlplane" | "worker";
  /** The cluster's secrets. */
  machineSecrets: pulumi.Input<MachineSecrets>;
  /** The node's patches in their order. */
  patches: pulumi.Input<string[]>;
}

/** A node's whole machine config. Secret: it holds the cluster's keys and the node's auth key. */
export function machineConfiguration(
  args: MachineConfigurationArgs,
  opts?: pulumi.InvokeOutputOptions,
): pulumi.Output<string> {
  const generated = talos.getMachineConfigurationOutput(
    {
      clusterName: args.cluster.name,
      clusterEndpoint: clusterEndpoint(args.cluster.name),
      machineType: args.role,
      talosVersion: args.cluster.talosVersion,
      kubernetesVersion: args.cluster.kubernetesVersion,
      machineSecrets: args.machineSecrets,
      configPatches: args.patches,
      // Comments would make up most of a text that is only read by machines and has a size limit in instance metadata.
      docs: false,
      examples: false,
    },
    opts,
  );
  return pulumi.secret(generated.machineConfiguration);
}
