import { cloudNodeName } from "../config/cloudNames";
import type { Architecture, CloudConfig, ClusterConfig } from "../config/schema";
import { addressCapacity, internalAddress, type CloudRole } from "./addressPlan";
import { bootDiskType } from "./machineTypes";

/** One cloud machine, before anything of it exists. */
export interface CloudNodePlan {
  /** Host name, Node name, tailnet name and GCE name. */
  name: string;
  role: CloudRole;
  /** Number within its role, from 1. */
  index: number;
  zone: string;
  /** Reserved address in the VPC; known before the machine boots. */
  internalIp: string;
  machineType: string;
  architecture: Architecture;
  diskGb: number;
  diskType: string;
  /** GCE labels: the user's, and the program's own, which win. */
  labels: Record<string, string>;
  /** Network tags, which firewall rules aim at. */
  networkTags: string[];
  generation: number;
  /** The user's own config patches for machines of this kind. */
  patches: string[];
}

/** The cloud part of a cluster: names, ranges and machines. */
export interface CloudPlan {
  clusterName: string;
  region: string;
  networkCidr: string;
  names: {
    network: string;
    subnet: string;
    internalRule: string;
    operatorRule: string;
    wireGuardRule: string;
  };
  /** Network tag that every node carries. */
  nodeTag: string;
  /** Network tag that control planes carry as well. */
  controlPlaneTag: string;
  /** Control planes first. */
  nodes: CloudNodePlan[];
}

function zonesOf(cloud: CloudConfig): string[] {
  return cloud.zones.length > 0 ? cloud.zones : ["a", "b", "c"].map((letter) => `${cloud.region}-${letter}`);
}

/** One sentence for each kind of machine that the subnet has too few addresses for. */
export function cloudMistakes(cloud: CloudConfig): string[] {
  const kinds = [
    ["controlPlanes", "controlplane"],
    ["workers", "worker"],
  ] as const;
  return kinds.flatMap(([field, role]) => {
    const { count } = cloud[field];
    const room = addressCapacity(cloud.networkCidr, role);
    return count <= room
      ? []
      : [
          `talos-cloud-edge:cloud.${field}.count is ${count}, but ${cloud.networkCidr} has addresses for ${room} of them ` +
            "(numbers 2 to 9 are control planes, those from 10 on workers); write a larger cloud.networkCidr.",
        ];
  });
}

/**
 * Decides every name, address and zone of the cloud part. Each role is spread over the zones by itself, starting at the first one: control
 * planes then never share a zone while there is a free one, and adding one moves no worker.
 */
export function cloudPlan(cluster: ClusterConfig, cloud: CloudConfig): CloudPlan {
  const mistakes = cloudMistakes(cloud);
  if (mistakes.length > 0) {
    throw new Error(mistakes.join("\n"));
  }
  const prefix = `${cluster.name}-cluster`;
  const nodeTag = `${prefix}-node`;
  const controlPlaneTag = `${prefix}-master`;
  const zones = zonesOf(cloud);

  const nodes = (role: CloudRole): CloudNodePlan[] => {
    const isControlPlane = role === "controlplane";
    const kind = isControlPlane ? "controlPlanes" : "workers";
    const machines = cloud[kind];
    return Array.from({ length: machines.count }, (_, position) => {
      const name = cloudNodeName(cluster.name, kind, position + 1);
      return {
        name,
        role,
        index: position + 1,
        zone: zones[position % zones.length] ?? cloud.region,
        internalIp: internalAddress(cloud.networkCidr, role, position + 1),
        machineType: machines.machineType,
        architecture: cloud.architecture,
        diskGb: machines.diskGb,
        diskType: bootDiskType(machines.machineType),
        labels: { ...machines.labels, cluster: cluster.name, role },
        networkTags: isControlPlane ? [nodeTag, controlPlaneTag] : [nodeTag],
        generation: machines.generation + (machines.generations[name] ?? 0),
        patches: machines.patches,
      };
    });
  };

  return {
    clusterName: cluster.name,
    region: cloud.region,
    networkCidr: cloud.networkCidr,
    names: {
      network: `${prefix}-vpc`,
      subnet: `${prefix}-subnet`,
      internalRule: `${prefix}-allow-internal`,
      operatorRule: `${prefix}-allow-operators`,
      wireGuardRule: `${prefix}-allow-wireguard`,
    },
    nodeTag,
    controlPlaneTag,
    nodes: [...nodes("controlplane"), ...nodes("worker")],
  };
}
