import { type StackConfig, stackSchema } from "../../components/config/schema";
import type { NodePlan, PatchContext } from "../../components/talos";

/** A stack's configuration with defaults, for tests. */
export const defaults: StackConfig = stackSchema.parse({ cloud: {} });

export const controlPlane: NodePlan = {
  name: "setup02-cluster-master-1",
  role: "controlplane",
  place: "cloud",
  region: "europe-west3",
  zone: "europe-west3-a",
  labels: {},
  taints: {},
  patches: [],
};

export const cloudWorker: NodePlan = { ...controlPlane, name: "setup02-cluster-worker-1", role: "worker" };

export const edgeWorker: NodePlan = {
  name: "talos-edge-1",
  role: "worker",
  place: "edge",
  site: "setup02-edge",
  installDisk: "/dev/vda",
  labels: {},
  taints: {},
  patches: [],
};

/** What a node of the default cluster is rendered with. */
export function contextFor(node: NodePlan, changes: Partial<PatchContext> = {}): PatchContext {
  return {
    cluster: defaults.cluster,
    endpointAddresses: node.place === "cloud" ? ["10.1.0.2"] : ["100.118.101.20"],
    networkCidr: "10.1.0.0/24",
    installerImage: `factory.talos.dev/installer/${"4a".repeat(32)}:v1.12.4`,
    authKey: "tskey-auth-test",
    tag:
      node.role === "controlplane" ? "tag:k8s-control-plane" : `tag:k8s-${node.place === "edge" ? "edge" : "worker"}`,
    patches: defaults.patches,
    ...changes,
  };
}
