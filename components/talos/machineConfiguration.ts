import * as pulumi from "@pulumi/pulumi";
import * as talos from "@pulumi/talos";
import type { ClusterConfig } from "../config/schema";
import { userError } from "../config/userError";
import type { MachineSecrets } from "./clusterSecrets";
import { clusterEndpoint } from "./endpoint";
import { invokeText, wasCutOff } from "./invokeReason";

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
  opts?: pulumi.InvokeOptions,
): pulumi.Output<string> {
  const { cluster, role } = args;
  const generated = pulumi
    .all([pulumi.output(args.machineSecrets), pulumi.output(args.patches)])
    .apply(async ([machineSecrets, configPatches]) => {
      try {
        return await talos.getMachineConfiguration(
          {
            clusterName: cluster.name,
            clusterEndpoint: clusterEndpoint(cluster.name),
            machineType: role,
            talosVersion: cluster.talosVersion,
            kubernetesVersion: cluster.kubernetesVersion,
            machineSecrets,
            configPatches,
            // Comments would make up most of a text that is only read by machines and has a size limit in instance metadata.
            docs: false,
            examples: false,
          },
          opts,
        );
      } catch (error) {
        throw userError([
          wasCutOff(error) ? "The update ended before its machine configs were made." : patchRefusal(error),
        ]);
      }
    });
  return pulumi.secret(generated.machineConfiguration);
}

/** Talos repeats what it refuses, and a patch may hold passwords: its words are told without any value. */
export function patchRefusal(error: unknown): string {
  const words = invokeText(error)
    .split("\n")
    .map((line) =>
      line
        .trim()
        .replace(/^(- )?([\w./"'-]+:) +\S.*$/, "$1$2 …")
        .replace(/^- (?!.*:)\S.*$/, "- …"),
    )
    .filter((line) => line !== "")
    .join(" ")
    .replace(/[`"'][^`"']*[`"']/g, "…");
  return `talos-cloud-edge:patches, or the patches of a node, make a machine config that Talos refuses: ${words.replace(/[.:]$/, "")}.`;
}
