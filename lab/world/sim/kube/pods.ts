/** Pods: made from a template, placed on a node, with an address of the node's pod subnet. */
import { isObject, listAt, numberAt, objectAt, textAt, textsAt } from "../../json";
import type { JsonObject } from "../../json";
import { formatAddress, parseRange } from "../addresses";
import { isReady } from "../cluster/nodes";
import type { Cluster, KubeObject } from "../model";
import { randomSuffix, timestamp } from "../sim";
import { get, list, NODES, ownerReference, PODS, put, putStatus } from "./store";

export interface PodPlan {
  owner: KubeObject;
  template: JsonObject;
  labels: Record<string, string>;
  nodeName?: string;
}

export function makePod(cluster: Cluster, plan: PodPlan): KubeObject {
  const podSpec = objectAt(plan.template, "spec");
  const spec = {
    restartPolicy: "Always",
    dnsPolicy: "ClusterFirst",
    schedulerName: "default-scheduler",
    serviceAccountName: "default",
    ...podSpec,
    ...(plan.nodeName !== undefined && { nodeName: plan.nodeName }),
  };
  const pod = put(cluster, PODS, {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name: `${plan.owner.metadata.name}-${randomSuffix(5)}`,
      namespace: plan.owner.metadata.namespace,
      labels: { ...textsAt(plan.template, "metadata", "labels"), ...plan.labels },
      annotations: textsAt(plan.template, "metadata", "annotations"),
      ownerReferences: [ownerReference(plan.owner)],
    },
    spec,
    status: { phase: "Pending" },
  });
  if (plan.nodeName !== undefined) place(cluster, pod, plan.nodeName);
  return get(cluster, PODS, pod.metadata.namespace ?? "", pod.metadata.name) ?? pod;
}

/** Gives the pod its node's address, or one of the node's pod subnet. */
function place(cluster: Cluster, pod: KubeObject, nodeName: string): void {
  const node = get(cluster, NODES, "", nodeName);
  const hostIP = textAt(node, "status", "addresses", 0, "address") ?? "";
  const podIP =
    objectAt(pod, "spec").hostNetwork === true
      ? hostIP
      : freePodAddress(cluster, textAt(node, "spec", "podCIDR") ?? "");
  putStatus(cluster, PODS, pod, { phase: "Pending", hostIP, podIP, podIPs: [{ ip: podIP }], startTime: timestamp() });
}

function freePodAddress(cluster: Cluster, subnet: string): string {
  const base = parseRange(subnet)?.base ?? 0;
  const taken = new Set(list(cluster, PODS).map((pod) => podAddress(pod)));
  // The first two belong to the node: its own and its bridge's.
  for (let offset = 2; offset < 255; offset++) {
    const candidate = formatAddress(base + offset);
    if (!taken.has(candidate)) return candidate;
  }
  return "";
}

export const podAddress = (pod: KubeObject): string | undefined => textAt(pod, "status", "podIP");
export const nodeOf = (pod: KubeObject): string | undefined => textAt(pod, "spec", "nodeName");
export const phaseOf = (pod: KubeObject): string => textAt(pod, "status", "phase") ?? "Pending";

export function nodeIsReady(cluster: Cluster, pod: KubeObject): boolean {
  const node = get(cluster, NODES, "", nodeOf(pod) ?? "");
  return node !== undefined && isReady(node);
}

/** A pod counts as ready when its containers run and its node answers. */
export const podIsReady = (cluster: Cluster, pod: KubeObject): boolean =>
  phaseOf(pod) === "Running" && nodeIsReady(cluster, pod);

/** The status of a pod whose containers are in this state. */
export function setPhase(cluster: Cluster, pod: KubeObject, phase: string, state: JsonObject): void {
  const ready = phase === "Running";
  const containers = listAt(pod, "spec", "containers").filter(isObject);
  putStatus(cluster, PODS, pod, {
    ...objectAt(pod, "status"),
    phase,
    conditions: ["PodScheduled", "Initialized", "ContainersReady", "Ready"].map((type) => ({
      type,
      status: ready || type === "PodScheduled" || type === "Initialized" ? "True" : "False",
      lastTransitionTime: timestamp(),
    })),
    containerStatuses: containers.map((container) => ({
      name: container.name,
      image: container.image,
      ready,
      started: ready,
      restartCount: numberAt(pod, "status", "containerStatuses", 0, "restartCount") ?? 0,
      state,
    })),
  });
}
