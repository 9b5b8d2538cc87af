/**
 * What a site must have of the cluster it joins: within one stack as outputs of the cloud part, between stacks as the secret output
 * `joinBundle` of the cloud stack.
 */
import * as pulumi from "@pulumi/pulumi";
import type { ClusterConfig } from "../config";
import type { ClientConfiguration, KubernetesClient, MachineSecrets } from "../talos";

/** A node of the cluster. */
export interface Member {
  name: string;
  role: "controlplane" | "worker";
  place: "cloud" | "edge";
  /** Tailnet address. */
  address: pulumi.Output<string>;
  /** Addresses of its pods; known once its Node is Ready. */
  podCidr: pulumi.Output<string>;
  /** Tells its machine from the successor. */
  machineId: pulumi.Output<string>;
}

/** A control plane's place in the tailnet. */
export interface ControlPlaneAddress {
  name: string;
  address: string;
}

/** Everything that is known only once it runs; secret where it is in the bundle. */
interface Facts {
  /** Keys and tokens that make a machine one of this cluster. */
  machineSecrets: MachineSecrets;
  /** Client certificate for the Talos API. */
  clientConfiguration: ClientConfiguration;
  controlPlanes: ControlPlaneAddress[];
  /** Client certificate and address of the Kubernetes API. */
  kubernetesClient: KubernetesClient;
  /** kubeconfig of an administrator. */
  kubeconfig: string;
  /** talosctl's client config of an administrator. */
  talosconfig: string;
}

/** What shapes the graph of a site, so it is known before any resource. */
interface Shape {
  /** The cluster's names, versions and ranges: a further site takes them from here, not from its own config. */
  cluster: ClusterConfig;
  /** Addresses of the VPC subnet (CIDR), which a site's LAN must not overlap. */
  vpcCidr: string;
  /** The cloud nodes. */
  members: Member[];
}

export type ClusterAccess = Shape & { [Key in keyof Facts]: pulumi.Output<Facts[Key]> };

/** Raised when the bundle's shape changes, so that a site says what to update instead of failing midway. */
export const JOIN_BUNDLE_VERSION = 2;

export type JoinBundle = pulumi.Unwrap<Shape> & Facts & { version: number };

export function joinBundle(access: ClusterAccess): pulumi.Output<JoinBundle> {
  return pulumi.secret(
    pulumi.output({ version: JOIN_BUNDLE_VERSION, ...access }) as pulumi.Output<unknown> as pulumi.Output<JoinBundle>,
  );
}

export function accessOf(bundle: JoinBundle): ClusterAccess {
  return {
    cluster: bundle.cluster,
    vpcCidr: bundle.vpcCidr,
    machineSecrets: pulumi.secret(bundle.machineSecrets),
    clientConfiguration: pulumi.secret(bundle.clientConfiguration),
    controlPlanes: pulumi.output(bundle.controlPlanes),
    kubernetesClient: pulumi.secret(bundle.kubernetesClient),
    kubeconfig: pulumi.secret(bundle.kubeconfig),
    talosconfig: pulumi.secret(bundle.talosconfig),
    members: bundle.members.map((member) => ({
      ...member,
      address: pulumi.output(member.address),
      podCidr: pulumi.output(member.podCidr),
      machineId: pulumi.output(member.machineId),
    })),
  };
}
