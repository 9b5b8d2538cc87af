import type { ClusterConfig, PatchesConfig } from "../config/schema";
import { documentsFor, type Documents } from "./documents";
import { endpointName } from "./endpoint";
import { nodeLabels } from "./nodeLabels";
import type { NodePlan } from "./nodePlan";
import { kubeletTaints } from "./nodeTaints";
import { userPatches } from "./userPatches";

/** The port that `cloud.directWireGuard` opens; Tailscale's own default on other systems. Behind NAT, several nodes with one port would clash. */
const CLOUD_WIREGUARD_PORT = 41641;

/** What a node's patches depend on besides the node. All of it is known by the time the node's config is rendered. */
export interface PatchContext {
  /** The cluster's name, versions and ranges. */
  cluster: ClusterConfig;
  /** Control planes, as this node reaches them: VPC addresses for cloud nodes, tailnet addresses for edge nodes. */
  endpointAddresses: readonly string[];
  /** Addresses of the VPC subnet, over which etcd talks. Needed for control planes. */
  networkCidr?: string;
  /** Installer with the node's schematic. */
  installerImage: string;
  /** The node's own tailnet auth key. */
  authKey: string;
  /** The node's tailnet tag. */
  tag: string;
  /** MagicDNS suffix of the tailnet, if it has one. */
  dnsName?: string;
  /** The user's patches, by kind of node. */
  patches: PatchesConfig;
}

/**
 * The config patches of a node in the order in which they are applied: base, role, place, node, then the user's own from
 * the general to the particular, so that the last word is the user's.
 */
export function nodePatches(node: NodePlan, context: PatchContext): string[] {
  const documents = documentsFor(context.cluster.talosVersion);
  return [
    ...basePatches(node, context, documents),
    ...(node.role === "controlplane" ? controlPlanePatches(node, context, documents) : []),
    documents.place(node.place, { installerImage: context.installerImage }),
    ...ownPatches(node, context, documents),
    ...userPatches(node, context.patches),
  ];
}

function basePatches(node: NodePlan, context: PatchContext, documents: Documents): string[] {
  const { name, podCidr, serviceCidr } = context.cluster;
  if (context.endpointAddresses.length === 0) {
    throw new Error(`${node.name} has no address of a control plane to reach ${endpointName(name)} at.`);
  }
  return [
    documents.base({ hostname: node.name, podCidr, serviceCidr }),
    ...context.endpointAddresses.map((address) => documents.endpoint({ address, endpointName: endpointName(name) })),
  ];
}

function controlPlanePatches(node: NodePlan, context: PatchContext, documents: Documents): string[] {
  if (context.networkCidr === undefined) {
    throw new Error(`${node.name} is a control plane, which needs the VPC subnet that etcd talks over.`);
  }
  const magicName = magicDnsName(node, context);
  return [
    documents.controlPlane({
      schedulePods: context.cluster.schedulePodsOnControlPlanes,
      certSans: [endpointName(context.cluster.name), ...(magicName === undefined ? [] : [magicName])],
      networkCidr: context.networkCidr,
    }),
    documents.flannel(),
  ];
}

function ownPatches(node: NodePlan, context: PatchContext, documents: Documents): string[] {
  const magicName = magicDnsName(node, context);
  return [
    documents.tailscale({
      authKey: context.authKey,
      hostname: node.name,
      tag: context.tag,
      port: node.place === "cloud" ? CLOUD_WIREGUARD_PORT : 0,
    }),
    ...(node.installDisk === undefined ? [] : [documents.installDisk({ installDisk: node.installDisk })]),
    ...(magicName === undefined ? [] : [documents.magicDns({ dnsName: magicName })]),
    documents.labels({ labels: nodeLabels(node) }),
    ...taintPatches(node, documents),
  ];
}

function taintPatches(node: NodePlan, documents: Documents): string[] {
  if (Object.keys(node.taints).length === 0) return [];
  if (node.role === "controlplane") return [documents.controlPlaneTaints({ taints: node.taints })];
  return [documents.workerTaints({ taints: kubeletTaints(node.taints) })];
}

function magicDnsName(node: NodePlan, context: PatchContext): string | undefined {
  return context.dnsName === undefined ? undefined : `${node.name}.${context.dnsName}`;
}
