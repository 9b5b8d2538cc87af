/** What there is, and what is left. */
import { existsSync } from "node:fs";
import { textAt } from "../json";
import type { NodeSummary, WorldSummary } from "../world";
import { isLive } from "./cluster/etcd";
import { configOf, nodeNameOf } from "./cluster/identity";
import { isReady, machineOfNode, refreshNodes } from "./cluster/nodes";
import { allHosts, hostRemains } from "./host/hostState";
import { list, NAMESPACES, NODES } from "./kube/store";
import { deviceOf } from "./machine/reach";
import { TOKEN } from "./libvirt/names";
import type { LibvirtObject, Machine } from "./model";
import type { Sim } from "./sim";
import { isUsable } from "../tailnet/keys";

const KINDS: Record<string, string> = {
  "gcp:storage/bucket:Bucket": "GCS bucket",
  "gcp:storage/bucketObject:BucketObject": "GCS object",
  "gcp:compute/image:Image": "GCE image",
  "gcp:compute/network:Network": "VPC network",
  "gcp:compute/subnetwork:Subnetwork": "VPC subnet",
  "gcp:compute/firewall:Firewall": "VPC firewall rule",
  "gcp:compute/address:Address": "GCE address",
  "gcp:compute/instance:Instance": "GCE instance",
  "libvirt:index/network:Network": "libvirt network",
  "libvirt:index/pool:Pool": "libvirt pool",
  "libvirt:index/volume:Volume": "libvirt volume",
  "libvirt:index/cloudinitDisk:CloudinitDisk": "cloud-init image",
  "libvirt:index/domain:Domain": "libvirt domain",
};

const SYSTEM_NAMESPACES = ["default", "kube-system", "kube-public", "kube-node-lease"];

export function summaryOf(sim: Sim): WorldSummary {
  for (const cluster of Object.values(sim.state.clusters)) refreshNodes(sim, cluster);
  const nodes = Object.values(sim.state.machines).map((machine) => describe(sim, machine));
  const clusters = Object.values(sim.state.clusters).map(({ name, members, quorumLosses }) => ({
    name,
    etcd: members.map((member) => ({ name: member.name, dead: !isLive(sim, member) })),
    quorumLosses,
  }));
  return { nodes: nodes.sort(byRank), clusters };
}

/** Control planes first, then by place and name. */
export function byRank(a: NodeSummary, b: NodeSummary): number {
  const rank = (node: NodeSummary) => `${node.role === "controlplane" ? 0 : 1}${node.place}${node.name}`;
  return rank(a).localeCompare(rank(b));
}

function describe(sim: Sim, machine: Machine): NodeSummary {
  const config = configOf(machine);
  const node = Object.values(sim.state.clusters)
    .flatMap((cluster) => list(cluster, NODES))
    .find((candidate) => machineOfNode(sim, candidate)?.id === machine.id);
  return {
    name: config ? nodeNameOf(sim, machine) : machine.name,
    role: config?.role ?? "worker",
    place: machine.place,
    ...(machine.attachment.kind === "lan" && { host: machine.attachment.host }),
    tailnetAddress: deviceOf(sim, machine)?.address,
    ready: node !== undefined && isReady(node),
    ...(machine.problem !== undefined && { problem: machine.problem }),
  };
}

/**
 * Everything that a complete destroy takes away. Three things are not counted because they stay in the real world too: auth keys that are used or
 * expired (the tailnet lists them for a while, nothing can be done with them), schematics (the Factory keeps them for ever, by their content), and the
 * tailnet's policy (a tailnet always has one).
 */
export function remainsOf(sim: Sim): string[] {
  const { tailnet, clusters } = sim.state;
  return [
    ...apiRemains(sim),
    ...Object.values(tailnet.devices).map((device) => `tailnet device ${device.name.split(".")[0] ?? device.name}`),
    ...Object.values(tailnet.keys)
      .filter(isUsable)
      .map((key) => `unused tailnet key ${key.id} (${key.description})`),
    ...allHosts(sim.dir).flatMap(hostRemains),
    // A cluster is gone with its last etcd member, and what is in it with the cluster.
    ...Object.values(clusters).flatMap((cluster) => [
      ...list(cluster, NODES).map((node) => `Kubernetes Node ${node.metadata.name}`),
      ...list(cluster, NAMESPACES)
        .filter((space) => !SYSTEM_NAMESPACES.includes(space.metadata.name))
        .map((space) => `Kubernetes namespace ${space.metadata.name}`),
    ]),
  ];
}

/** What the cloud's and libvirt's APIs still know. */
export function apiRemains(sim: Sim): string[] {
  const { gcp, libvirt } = sim.state;
  const nameOf = (inputs: unknown, id: string) => textAt(inputs, "name") ?? id;
  return [
    ...Object.values(gcp.resources).map(
      (resource) => `${KINDS[resource.token] ?? resource.token} ${nameOf(resource.inputs, resource.id)}`,
    ),
    ...Object.values(libvirt.objects)
      .filter((object) => !isRemovedImage(object))
      .map((object) => `${KINDS[object.token] ?? object.token} ${nameOf(object.inputs, object.id)} on ${object.host}`),
  ];
}

/** Seed images are files of the machine that Pulumi runs on, and whoever finds one may remove it. */
function isRemovedImage({ token, outputs }: LibvirtObject): boolean {
  return token === TOKEN.cloudinit && !existsSync(textAt(outputs, "path") ?? "");
}
