/** Whether a Node object is that of the machine we expect, working over the tailnet. */
import { at, listAt, textAt } from "../http/json";

export interface NodeFacts {
  /** Addresses of the Node's pods. */
  podCidr: string;
  /** Where other nodes send the Node's pod traffic to. */
  vtep: string;
  kubeletVersion: string;
}

export function nodeFacts(node: unknown): NodeFacts {
  return {
    podCidr: textAt(node, "spec", "podCIDR"),
    vtep: textAt(node, "metadata", "annotations", "flannel.alpha.coreos.com/public-ip"),
    kubeletVersion: textAt(node, "status", "nodeInfo", "kubeletVersion"),
  };
}

/** Whether the kubelet says that it is ready; `reason` is its own message otherwise. */
export function readiness(node: unknown): { ready: boolean; reason: string } {
  const condition = listAt(node, "status", "conditions").find((entry) => textAt(entry, "type") === "Ready");
  const ready = textAt(condition, "status") === "True";
  return { ready, reason: textAt(condition, "message") || textAt(condition, "reason") || "no status reported yet" };
}

function internalIpOf(node: unknown): string {
  const internal = listAt(node, "status", "addresses").find((entry) => textAt(entry, "type") === "InternalIP");
  return textAt(internal, "address");
}

/** Whether the Node is another machine's by now: it has the tailnet address of another device. */
export function isTakenOver(node: unknown, address: string): boolean {
  const internalIp = internalIpOf(node);
  return internalIp !== address && tailnetAddress.test(internalIp);
}

/** 100.64.0.0/10. */
const tailnetAddress = /^100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.\d+\.\d+$/;

/** What is wrong with the Node, as one clause; `undefined` when nothing is. */
export function nodeFault(node: unknown, address: string): string | undefined {
  // The address comes first: a Node left over from an earlier machine may still count as ready for a while.
  const internalIp = internalIpOf(node);
  if (internalIp !== address) {
    const found = internalIp === "" ? "no InternalIP" : `the InternalIP ${internalIp}`;
    return `it has ${found} instead of its tailnet address ${address} (kubelet.nodeIP.validSubnets must be 100.64.0.0/10)`;
  }
  const { ready, reason } = readiness(node);
  if (!ready) {
    return `it is NotReady: ${reason}`;
  }
  const { podCidr, vtep } = nodeFacts(node);
  if (podCidr === "") {
    return "it has no podCIDR yet";
  }
  if (vtep === "") {
    return "Flannel has not announced a VTEP for it yet (annotation flannel.alpha.coreos.com/public-ip)";
  }
  if (vtep !== address) {
    return `its Flannel VTEP is ${vtep} instead of ${address}: Flannel does not run on tailscale0 (extraArgs --iface=tailscale0)`;
  }
  return undefined;
}

/** Whether a pod has to leave before its Node goes: not what belongs to the Node itself, and not what has ended. */
export function mustLeave(pod: unknown): boolean {
  const owned = listAt(pod, "metadata", "ownerReferences").some((owner) => textAt(owner, "kind") === "DaemonSet");
  const mirror = at(pod, "metadata", "annotations", "kubernetes.io/config.mirror") !== undefined;
  return !owned && !mirror && !["Succeeded", "Failed"].includes(textAt(pod, "status", "phase"));
}
