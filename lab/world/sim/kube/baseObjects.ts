/** What Talos puts into a cluster when it is bootstrapped. */
import type { MachineConfig } from "../machine/config";
import type { JsonObject } from "../../json";
import type { Cluster, KubeObject } from "../model";
import { withDefaults } from "./defaults";
import { DAEMONSETS, NAMESPACES, put, SERVICES } from "./store";
import type { Resource } from "./store";

const EVERYWHERE = [
  { operator: "Exists", effect: "NoSchedule" },
  { operator: "Exists", effect: "NoExecute" },
];

export function installBaseObjects(cluster: Cluster, config: MachineConfig): void {
  for (const name of ["default", "kube-system", "kube-public", "kube-node-lease"]) {
    add(cluster, NAMESPACES, {
      apiVersion: "v1",
      kind: "Namespace",
      metadata: { name, labels: { "kubernetes.io/metadata.name": name } },
      spec: {},
    });
  }
  add(cluster, SERVICES, service("default", "kubernetes", undefined, [{ name: "https", port: 443, targetPort: 6443 }]));
  add(
    cluster,
    SERVICES,
    service("kube-system", "kube-dns", { "k8s-app": "kube-dns" }, [
      { name: "dns", port: 53, protocol: "UDP", targetPort: 53 },
    ]),
  );
  add(cluster, DAEMONSETS, daemonSet("kube-proxy", "registry.k8s.io/kube-proxy", []));
  if (config.cluster.cni === "flannel") {
    add(
      cluster,
      DAEMONSETS,
      daemonSet("kube-flannel", "ghcr.io/siderolabs/flannel", [
        "--ip-masq",
        "--kube-subnet-mgr",
        ...config.cluster.flannelArgs,
      ]),
    );
  }
}

function add(cluster: Cluster, of: Resource, object: JsonObject): void {
  put(cluster, of, withDefaults(cluster, of, object as KubeObject, undefined));
}

function service(
  namespace: string,
  name: string,
  selector: Record<string, string> | undefined,
  ports: object[],
): JsonObject {
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name, namespace },
    spec: { ...(selector && { selector }), ports },
  };
}

function daemonSet(name: string, image: string, args: string[]): JsonObject {
  const labels = { "k8s-app": name };
  return {
    apiVersion: "apps/v1",
    kind: "DaemonSet",
    metadata: { name, namespace: "kube-system", labels },
    spec: {
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: { hostNetwork: true, tolerations: EVERYWHERE, containers: [{ name, image, args }] },
      },
    },
  };
}
