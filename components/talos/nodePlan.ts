import type { TailnetConfig } from "../config/schema";

/** What a machine config needs to know of a node before it exists. */
export interface NodePlan {
  /** Host name, Node name and tailnet name. */
  name: string;
  /** Talos machine type. */
  role: "controlplane" | "worker";
  /** Whether the node stands in the cloud or at an edge site. */
  place: "cloud" | "edge";
  /** Edge site; becomes the Node's zone. */
  site?: string;
  /** Cloud region; becomes the Node's region. */
  region?: string;
  /** Cloud zone; becomes the Node's zone. */
  zone?: string;
  /** Disk that Talos installs to, as the node sees it. A cloud image is installed already. */
  installDisk?: string;
  /** Kubernetes labels of the Node. */
  labels: Record<string, string>;
  /** Kubernetes taints of the Node, `key: value:Effect`. */
  taints: Record<string, string>;
  /** The node's own config patches, applied after all others. */
  patches: string[];
}

/** The tag that a node carries in the tailnet. */
export function tailnetTag(node: Pick<NodePlan, "role" | "place">, tags: TailnetConfig["tags"]): string {
  if (node.role === "controlplane") return tags.controlPlane;
  return node.place === "edge" ? tags.edge : tags.worker;
}
