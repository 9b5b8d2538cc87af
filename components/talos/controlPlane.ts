import * as pulumi from "@pulumi/pulumi";
import * as talos from "@pulumi/talos";
import { userError } from "../config/userError";
import type { KubernetesClient } from "../kubernetes/client";
import type { ClientConfiguration } from "./clientConfiguration";
import { invokeReason, wasCutOff } from "./invokeReason";
import { kubeconfigFor, kubernetesHost } from "./kubeconfig";

/** A cloud node, by both of its addresses. */
export interface CloudMember {
  /** Node name. */
  name: string;
  /** Tailnet address. */
  address: pulumi.Input<string>;
  /** VPC address. */
  internalIp: pulumi.Input<string>;
}

export interface ControlPlaneArgs {
  /** Name of the cluster. */
  clusterName: string;
  /** Control planes; the cluster is reached at the first, and at the others where it does not answer. */
  controlPlanes: CloudMember[];
  /** etcd's members. */
  etcd: pulumi.Resource[];
  /** Cloud workers, which have to be healthy too. Edge nodes are left out: one that sleeps must not hold up an update. */
  workers: CloudMember[];
  /** Client certificate for the Talos API. */
  clientConfiguration: pulumi.Input<ClientConfiguration>;
  /**
   * How long the health check may take, minutes.
   *
   * @default 10
   */
  timeoutMinutes?: number;
}

/** Turns configured control planes into a running cluster, and gives the means to reach it over the tailnet. */
export class ControlPlane extends pulumi.ComponentResource {
  /** For `dependsOn`: settles when the cluster is healthy. A preview does not look. */
  readonly ready: pulumi.Output<pulumi.Resource[]>;
  /** Secret. */
  readonly kubeconfig: pulumi.Output<string>;
  /** Secret. */
  readonly talosconfig: pulumi.Output<string>;
  /** Secret. */
  readonly kubernetesClient: pulumi.Output<KubernetesClient>;

  constructor(name: string, args: ControlPlaneArgs, opts?: pulumi.ComponentResourceOptions) {
    super("talos-cloud-edge:talos:ControlPlane", name, {}, opts);
    const [first] = args.controlPlanes;
    if (!first) throw new Error(`${args.clusterName} has no control plane.`);
    const clientConfiguration = pulumi.secret(args.clientConfiguration);
    const timeout = `${args.timeoutMinutes ?? 10}m`;
    const access = { node: first.address, endpoint: first.address, clientConfiguration };

    this.ready = this.healthy(args, clientConfiguration, timeout);

    const kubeconfig = new talos.ClusterKubeconfig(
      `${name}-kubeconfig`,
      // Renewed when less than a month of its certificate's year is left.
      { ...access, certificateRenewalDuration: "720h", timeouts: { create: timeout, update: timeout } },
      { parent: this, dependsOn: this.ready },
    );
    const hosts = pulumi
      .all(args.controlPlanes.map((node) => node.address))
      .apply((addresses) => addresses.map(kubernetesHost));
    const host = hosts.apply(([at = ""]) => at);
    this.kubeconfig = pulumi.secret(
      pulumi.all([kubeconfig.kubeconfigRaw, host]).apply(([raw, at]) => kubeconfigFor(raw, at)),
    );
    this.kubernetesClient = pulumi.secret(
      pulumi.all([kubeconfig.kubernetesClientConfiguration, hosts]).apply(([client, [at = "", ...others]]) => ({
        ...client,
        host: at,
        ...(others.length > 0 && { otherHosts: others }),
      })),
    );
    this.talosconfig = pulumi.secret(
      talos.getClientConfigurationOutput(
        {
          clusterName: args.clusterName,
          clientConfiguration,
          endpoints: args.controlPlanes.map((node) => node.address),
          nodes: [...args.controlPlanes, ...args.workers].map((node) => node.address),
        },
        { parent: this },
      ).talosConfig,
    );
    this.registerOutputs({
      kubeconfig: this.kubeconfig,
      talosconfig: this.talosconfig,
      kubernetesClient: this.kubernetesClient,
    });
  }

  /**
   * The health gate. It is an invoke, so it runs on every update and its answer is stored nowhere. Two things in it are
   * there because of how Talos checks:
   * - Nodes are named by VPC address, while the endpoint is on the tailnet: etcd's members have to be among the control
   *   planes' addresses, and they talk over the VPC.
   * - Kubernetes checks are left out: they refuse every Node that is not named, so all edge nodes, and wait for every
   *   Node to be Ready. Each node's readiness is waited for on its own, later.
   */
  private healthy(
    args: ControlPlaneArgs,
    clientConfiguration: pulumi.Output<ClientConfiguration>,
    timeout: string,
  ): pulumi.Output<pulumi.Resource[]> {
    if (pulumi.runtime.isDryRun()) return pulumi.output(args.etcd);
    const asked = pulumi.all([
      clientConfiguration,
      pulumi.all(args.controlPlanes.map(({ address }) => address)),
      pulumi.all(args.controlPlanes.map(({ internalIp }) => internalIp)),
      pulumi.all(args.workers.map(({ internalIp }) => internalIp)),
      pulumi.all(args.etcd.map(({ urn }) => urn)),
    ]);
    return asked.apply(async ([client, endpoints, controlPlaneNodes, workerNodes]) => {
      try {
        await talos.getClusterHealth(
          {
            clientConfiguration: client,
            endpoints,
            controlPlaneNodes,
            workerNodes,
            skipKubernetesChecks: true,
            timeouts: { read: timeout },
          },
          { parent: this },
        );
      } catch (error) {
        throw userError([
          wasCutOff(error)
            ? "The update ended before the health check of the cloud nodes did."
            : `The health check of the cloud nodes did not pass: ${invokeReason(error)}. Run this again: the update goes on from here.`,
        ]);
      }
      return args.etcd;
    });
  }
}
