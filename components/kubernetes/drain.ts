/** Taking a Node out of the cluster: cordon, evict, delete. Serialised by Pulumi: see components/http/request.ts. */
import { listAt, textAt } from "../http/json";
import { sleep } from "../http/request";
import { callKubernetes, type KubernetesClient, kubernetesFailure } from "./client";
import { isTakenOver, mustLeave, readiness } from "./nodeStatus";

export interface DrainBounds {
  /** How long evictions are repeated that a PodDisruptionBudget refuses, ms. */
  evictMs: number;
  /** How long evicted pods may take to end, ms. */
  leaveMs: number;
  /** Pause between looks, ms. */
  pauseMs: number;
}

function nodePath(nodeName: string): string {
  return `/api/v1/nodes/${encodeURIComponent(nodeName)}`;
}

function podPath(pod: unknown): string {
  const namespace = encodeURIComponent(textAt(pod, "metadata", "namespace"));
  return `/api/v1/namespaces/${namespace}/pods/${encodeURIComponent(textAt(pod, "metadata", "name"))}`;
}

function podLabel(pod: unknown): string {
  return `${textAt(pod, "metadata", "namespace")}/${textAt(pod, "metadata", "name")}`;
}

async function podsToMove(client: KubernetesClient, nodeName: string): Promise<unknown[]> {
  const selector = encodeURIComponent(`spec.nodeName=${nodeName}`);
  const answer = await callKubernetes(client, { method: "GET", path: `/api/v1/pods?fieldSelector=${selector}` });
  if (answer.status !== 200) {
    throw kubernetesFailure(`The pods of ${nodeName} cannot be listed`, answer);
  }
  return listAt(answer.body, "items").filter(mustLeave);
}

/** Asks the pod to leave. `false`: a PodDisruptionBudget does not let it go now. */
async function evict(client: KubernetesClient, pod: unknown): Promise<boolean> {
  const { name, namespace } = {
    name: textAt(pod, "metadata", "name"),
    namespace: textAt(pod, "metadata", "namespace"),
  };
  const answer = await callKubernetes(client, {
    method: "POST",
    path: `${podPath(pod)}/eviction`,
    body: { apiVersion: "policy/v1", kind: "Eviction", metadata: { name, namespace } },
    // The budget's 429 is for us to judge.
    retry: { attempts: 1 },
  });
  // 409: the pod is going already, or was replaced by another of its name.
  if (answer.status < 300 || answer.status === 404 || answer.status === 409) {
    return true;
  }
  if (answer.status === 429 || answer.status >= 500) {
    return false;
  }
  throw kubernetesFailure(`The pod ${podLabel(pod)} cannot be evicted`, answer);
}

async function evictAll(
  client: KubernetesClient,
  nodeName: string,
  pods: unknown[],
  bounds: DrainBounds,
): Promise<void> {
  const deadline = Date.now() + bounds.evictMs;
  let left = pods;
  while (left.length > 0) {
    const refused: unknown[] = [];
    for (const pod of left) {
      if (!(await evict(client, pod))) {
        refused.push(pod);
      }
    }
    left = refused;
    if (left.length > 0 && Date.now() >= deadline) {
      console.log(`${nodeName}: deleting what a PodDisruptionBudget kept: ${left.map(podLabel).join(", ")}`);
      for (const pod of left) {
        await callKubernetes(client, { method: "DELETE", path: podPath(pod) });
      }
      return;
    }
    if (left.length > 0) {
      await sleep(bounds.pauseMs);
    }
  }
}

/** The Node of one machine. */
export interface MachinesNode {
  nodeName: string;
  /** The machine's tailnet address. */
  address: string;
}

/**
 * Cordons and drains the Node, then deletes it. A Node that is gone is fine, and one that another machine has taken over by now is left
 * alone: a kubelet registers when it starts and never again, so its machine would be lost to the cluster.
 */
export async function removeNode(client: KubernetesClient, of: MachinesNode, bounds: DrainBounds): Promise<void> {
  const { nodeName } = of;
  const path = nodePath(nodeName);
  const node = await readNode(client, nodeName);
  if (node === undefined || isTakenOver(node, of.address)) {
    return;
  }
  await setUnschedulable(client, nodeName, true);
  await evictAll(client, nodeName, await podsToMove(client, nodeName), bounds);
  // A dead kubelet ends no pod; those are collected once their Node is gone.
  if (readiness(node).ready) {
    const deadline = Date.now() + bounds.leaveMs;
    while ((await podsToMove(client, nodeName)).length > 0 && Date.now() < deadline) {
      await sleep(bounds.pauseMs);
    }
  }
  for (let attempt = 1; ; attempt++) {
    const last = await readNode(client, nodeName);
    if (last === undefined) {
      return;
    }
    if (isTakenOver(last, of.address)) {
      await setUnschedulable(client, nodeName, false);
      return;
    }
    // Only as it was just seen: another machine may register in between.
    const preconditions = {
      uid: textAt(last, "metadata", "uid"),
      resourceVersion: textAt(last, "metadata", "resourceVersion"),
    };
    const body = { apiVersion: "v1", kind: "DeleteOptions", preconditions };
    const deleted = await callKubernetes(client, { method: "DELETE", path, body });
    if (deleted.status < 300 || deleted.status === 404) {
      return;
    }
    if (deleted.status !== 409 || attempt >= deleteAttempts) {
      throw kubernetesFailure(`The Node ${nodeName} cannot be deleted`, deleted);
    }
  }
}

/** A Node changes when its kubelet reports, every few seconds at most. */
const deleteAttempts = 5;

async function readNode(client: KubernetesClient, nodeName: string): Promise<unknown> {
  const answer = await callKubernetes(client, { method: "GET", path: nodePath(nodeName) });
  if (answer.status === 404) {
    return undefined;
  }
  if (answer.status !== 200) {
    throw kubernetesFailure(`The Node ${nodeName} cannot be read`, answer);
  }
  return answer.body;
}

async function setUnschedulable(client: KubernetesClient, nodeName: string, unschedulable: boolean): Promise<void> {
  const answer = await callKubernetes(client, {
    method: "PATCH",
    path: nodePath(nodeName),
    body: { spec: { unschedulable } },
  });
  if (answer.status >= 300 && answer.status !== 404) {
    throw kubernetesFailure(`The Node ${nodeName} cannot be ${unschedulable ? "cordoned" : "uncordoned"}`, answer);
  }
}
