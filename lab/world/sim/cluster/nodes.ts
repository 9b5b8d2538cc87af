/** Kubelets: how a machine becomes a Node, and what the Node says of it from then on. */
import { isDeepStrictEqual } from "node:util";
import { objectAt, textAt, textsIn } from "../../json";
import { isIn, parseRange, formatAddress } from "../addresses";
import { get, list, NODES, DAEMONSETS, put } from "../kube/store";
import { isOnline, machineSeenFrom, tailnetAddressOf } from "../machine/reach";
import type { MachineConfig } from "../machine/config";
import type { Cluster, KubeObject, Machine } from "../model";
import { timestamp } from "../sim";
import type { Sim } from "../sim";
import { servesApi } from "./cluster";
import { clusterOf, configOf, nodeNameOf } from "./identity";

const CONTROL_PLANE = "node-role.kubernetes.io/control-plane";
export const FLANNEL_ADDRESS = "flannel.alpha.coreos.com/public-ip";

/** Registers the machine's Node, once everything is there that a kubelet needs; says what is missing otherwise. */
export function registerNode(sim: Sim, machine: Machine): void {
  const config = configOf(machine);
  if (!config || machine.registered || machine.stage !== "joined") return;
  const problem = obstacle(sim, machine, config);
  if (problem !== undefined) {
    if (problem !== machine.problem) sim.log(`${machine.name}: ${problem}`);
    machine.problem = problem;
    return;
  }
  const cluster = sim.state.clusters[config.cluster.id];
  if (!cluster) return;
  const name = nodeNameOf(sim, machine);
  const known = get(cluster, NODES, "", name);
  const flannel = {
    "flannel.alpha.coreos.com/backend-type": "vxlan",
    "flannel.alpha.coreos.com/kube-subnet-manager": "true",
  };
  put(cluster, NODES, {
    apiVersion: "v1",
    kind: "Node",
    metadata: {
      ...known?.metadata,
      name,
      labels: { ...known?.metadata.labels, ...labelsOf(name, config) },
      annotations: { ...known?.metadata.annotations, ...flannel },
    },
    // A Node of this name keeps its pod subnet, whichever machine stands behind it.
    spec: { ...podSubnet(cluster, known), ...taintsOf(config) },
    status: { nodeInfo: nodeInfo(machine, config) },
  });
  machine.registered = true;
  machine.problem = undefined;
  refreshNode(sim, cluster, name);
  sim.changed();
}

/** Brings every Node's conditions and addresses up to date with its machine. @returns whether any changed. */
export function refreshNodes(sim: Sim, cluster: Cluster): boolean {
  return list(cluster, NODES)
    .map((node) => refreshNode(sim, cluster, node.metadata.name))
    .includes(true);
}

/** The machine behind a Node, while it exists. */
export function machineOfNode(sim: Sim, node: KubeObject): Machine | undefined {
  const machine = sim.state.machines[textAt(node, "status", "nodeInfo", "systemUUID") ?? ""];
  return machine?.registered ? machine : undefined;
}

export const isReady = (node: KubeObject): boolean =>
  (objectAt(node, "status").conditions as { type: string; status: string }[] | undefined)?.some(
    (condition) => condition.type === "Ready" && condition.status === "True",
  ) ?? false;

/** A kubelet reaches its API server when one of the addresses of the endpoint's name leads to one. */
function obstacle(sim: Sim, machine: Machine, config: MachineConfig): string | undefined {
  if (nodeAddress(sim, machine, config) === undefined) {
    return `kubelet: no suitable node IP found in ${config.kubeletSubnets.join(", ")}`;
  }
  const cluster = clusterOf(sim, machine);
  const endpoint = new URL(config.cluster.endpoint).hostname;
  const addresses = config.hosts.filter((entry) => entry.names.includes(endpoint)).map((entry) => entry.address);
  if (/^[\d.]+$/.test(endpoint)) addresses.push(endpoint);
  const isOwn = config.role === "controlplane" && servesApi(sim, machine);
  if (!isOwn && addresses.length === 0) return `kubelet: lookup ${endpoint}: no such host`;
  const server = isOwn
    ? machine
    : addresses
        .map((address) => machineSeenFrom(sim, machine, address))
        .find((found) => found && servesApi(sim, found));
  if (!server || !cluster) return `kubelet: dial tcp ${addresses[0] ?? endpoint}:6443: connect: no route to host`;
  if (clusterOf(sim, server)?.id !== cluster.id || config.cluster.ca.crt !== cluster.ca.crt) {
    return "kubelet: tls: failed to verify certificate: x509: certificate signed by unknown authority";
  }
  if (config.cluster.token !== cluster.token) return "kubelet: bootstrap token is not valid: Unauthorized";
  return undefined;
}

function refreshNode(sim: Sim, cluster: Cluster, name: string): boolean {
  const node = get(cluster, NODES, "", name);
  if (!node) return false;
  const machine = machineOfNode(sim, node);
  const config = machine && configOf(machine);
  const online = machine !== undefined && isOnline(sim, machine);
  const before = structuredClone(node);
  if (machine && config && online) {
    const address = nodeAddress(sim, machine, config) ?? "";
    const status = objectAt(node, "status");
    status.addresses = [
      { type: "InternalIP", address },
      { type: "Hostname", address: name },
    ];
    const vtep = overTailnet(cluster) ? tailnetAddressOf(sim, machine) : machine.attachment.address;
    const hasFlannel = get(cluster, DAEMONSETS, "kube-system", "kube-flannel") !== undefined;
    node.metadata.annotations = {
      ...node.metadata.annotations,
      ...(hasFlannel && vtep !== undefined && { [FLANNEL_ADDRESS]: vtep }),
    };
    node.metadata.labels = { ...node.metadata.labels, ...labelsOf(name, config) };
  }
  setReady(node, online);
  const changed = !isDeepStrictEqual(before, node);
  if (changed) {
    put(cluster, NODES, node);
    sim.changed();
  }
  return changed;
}

function setReady(node: KubeObject, online: boolean): void {
  if (isReady(node) === online && objectAt(node, "status").conditions !== undefined) return;
  const time = timestamp();
  const reason = online
    ? ["KubeletReady", "kubelet is posting ready status"]
    : ["NodeStatusUnknown", "Kubelet stopped posting node status."];
  objectAt(node, "status").conditions = ["MemoryPressure", "DiskPressure", "PIDPressure", "Ready"].map((type) => ({
    type,
    status: type === "Ready" ? (online ? "True" : "Unknown") : online ? "False" : "Unknown",
    lastHeartbeatTime: time,
    lastTransitionTime: time,
    reason: reason[0],
    message: reason[1],
  }));
  // The node lifecycle controller keeps new pods off a node that does not answer.
  const spec = objectAt(node, "spec");
  const others =
    (spec.taints as { key: string }[] | undefined)?.filter((taint) => taint.key !== "node.kubernetes.io/unreachable") ??
    [];
  const unreachable = ["NoSchedule", "NoExecute"].map((effect) => ({
    key: "node.kubernetes.io/unreachable",
    effect,
    timeAdded: time,
  }));
  const taints = online ? others : [...others, ...unreachable];
  if (taints.length > 0) spec.taints = taints;
  else Reflect.deleteProperty(spec, "taints");
}

/** Whether Flannel, as it is configured in the cluster now, tunnels over the tailnet. */
function overTailnet(cluster: Cluster): boolean {
  const flannel = get(cluster, DAEMONSETS, "kube-system", "kube-flannel");
  const args = textsIn(flannel, "spec", "template", "spec", "containers", 0, "args");
  return args.includes("--iface=tailscale0");
}

/** The kubelet's node IP: the first address in the configured subnets; without any, the LAN's. */
function nodeAddress(sim: Sim, machine: Machine, config: MachineConfig): string | undefined {
  const addresses = [machine.attachment.address, tailnetAddressOf(sim, machine)].filter(
    (address) => address !== undefined,
  );
  if (config.kubeletSubnets.length === 0) return addresses[0];
  return addresses.find((address) => config.kubeletSubnets.some((subnet) => isIn(subnet, address)));
}

function labelsOf(name: string, config: MachineConfig): Record<string, string> {
  return {
    "kubernetes.io/hostname": name,
    "kubernetes.io/os": "linux",
    "kubernetes.io/arch": "amd64",
    ...(config.role === "controlplane" && { [CONTROL_PLANE]: "" }),
    ...config.nodeLabels,
  };
}

function taintsOf(config: MachineConfig): { taints?: object[] } {
  const taints = Object.entries(config.nodeTaints).map(([key, text]) => {
    const colon = text.lastIndexOf(":");
    const value = text.slice(0, Math.max(colon, 0));
    return { key, ...(value !== "" && { value }), effect: text.slice(colon + 1) };
  });
  if (config.role === "controlplane" && !config.cluster.schedulesOnControlPlanes)
    taints.push({ key: CONTROL_PLANE, effect: "NoSchedule" });
  return taints.length > 0 ? { taints } : {};
}

function podSubnet(cluster: Cluster, known: KubeObject | undefined): { podCIDR: string; podCIDRs: string[] } {
  const kept = textAt(known, "spec", "podCIDR");
  if (kept !== undefined) return { podCIDR: kept, podCIDRs: [kept] };
  const range = parseRange(cluster.podSubnet);
  const podCIDR = `${formatAddress((range?.base ?? 0) + cluster.podSubnets * 256)}/24`;
  cluster.podSubnets += 1;
  return { podCIDR, podCIDRs: [podCIDR] };
}

const nodeInfo = (machine: Machine, config: MachineConfig) => ({
  architecture: machine.system?.architecture ?? "amd64",
  containerRuntimeVersion: "containerd://2.1.5",
  kernelVersion: "6.18.1-talos",
  kubeletVersion: config.kubeletVersion,
  machineID: machine.id.replaceAll("-", ""),
  operatingSystem: "linux",
  osImage: `Talos (${machine.system?.version ?? ""})`,
  systemUUID: machine.id,
});
