import type { Cluster } from "../../model";
import { textAt } from "../../../json";
import { CONFIG_MAPS, drop, get, list, NAMESPACES, NODES, PODS, put, SERVICE_ACCOUNTS } from "../store";

/** Every namespace has a default service account and the cluster's CA. */
export function reconcileNamespaces(cluster: Cluster): void {
  for (const space of list(cluster, NAMESPACES)) {
    const namespace = space.metadata.name;
    if (!get(cluster, SERVICE_ACCOUNTS, namespace, "default")) {
      put(cluster, SERVICE_ACCOUNTS, {
        apiVersion: "v1",
        kind: "ServiceAccount",
        metadata: { name: "default", namespace },
      });
    }
    if (!get(cluster, CONFIG_MAPS, namespace, "kube-root-ca.crt")) {
      const data = { "ca.crt": cluster.ca.crt };
      put(cluster, CONFIG_MAPS, {
        apiVersion: "v1",
        kind: "ConfigMap",
        metadata: { name: "kube-root-ca.crt", namespace },
        data,
      });
    }
  }
}

/** Pods of a Node that was deleted are deleted too. */
export function collectOrphanedPods(cluster: Cluster): void {
  for (const pod of list(cluster, PODS)) {
    const nodeName = textAt(pod, "spec", "nodeName");
    if (nodeName !== undefined && !get(cluster, NODES, "", nodeName)) drop(cluster, PODS, pod);
  }
}
