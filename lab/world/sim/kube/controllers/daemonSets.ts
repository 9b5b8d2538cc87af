import { createHash } from "node:crypto";
import { numberAt, objectAt, textAt } from "../../../json";
import { isReady } from "../../cluster/nodes";
import type { Cluster, KubeObject } from "../../model";
import { forbidden } from "../podSecurity";
import { makePod, nodeOf, podIsReady } from "../pods";
import { fitsNode } from "../selectors";
import { DAEMONSETS, drop, isOwnedBy, list, NODES, PODS, putStatus } from "../store";

/** Taints that a DaemonSet's pods bear in any case. */
const ALWAYS_TOLERATED = [
  "not-ready",
  "unreachable",
  "disk-pressure",
  "memory-pressure",
  "pid-pressure",
  "unschedulable",
  "network-unavailable",
].map((name) => `node.kubernetes.io/${name}`);
const HASH = "controller-revision-hash";

/** One pod on every node that fits; pods of an older template make way for new ones. */
export function reconcileDaemonSets(cluster: Cluster): void {
  const nodes = list(cluster, NODES);
  const allPods = list(cluster, PODS);
  for (const set of list(cluster, DAEMONSETS)) {
    const template = objectAt(set, "spec", "template");
    const hash = createHash("sha256").update(JSON.stringify(template)).digest("hex").slice(0, 10);
    const wanted = nodes.filter((node) => fitsNode(template.spec, node, ALWAYS_TOLERATED));
    let pods = allPods.filter((pod) => isOwnedBy(pod, set));
    for (const pod of pods) {
      const node = wanted.find((candidate) => candidate.metadata.name === nodeOf(pod));
      const isOld = pod.metadata.labels?.[HASH] !== hash;
      // Where the kubelet does not answer, nothing can be stopped or started.
      if (!node || (isOld && isReady(node))) drop(cluster, PODS, pod);
    }
    const refusal = forbidden(cluster, set.metadata.namespace ?? "", template);
    pods = list(cluster, PODS, set.metadata.namespace).filter((pod) => isOwnedBy(pod, set));
    for (const node of wanted.filter(
      (candidate) => isReady(candidate) && !pods.some((pod) => nodeOf(pod) === candidate.metadata.name),
    )) {
      if (refusal !== undefined) break;
      const generation = String(numberAt(set, "metadata", "generation") ?? 1);
      const labels = { [HASH]: hash, "pod-template-generation": generation };
      pods.push(makePod(cluster, { owner: set, template, labels, nodeName: node.metadata.name }));
    }
    report(cluster, set, wanted.length, pods, hash, refusal);
  }
}

function report(
  cluster: Cluster,
  set: KubeObject,
  wanted: number,
  pods: KubeObject[],
  hash: string,
  refusal: string | undefined,
): void {
  const ready = pods.filter((pod) => podIsReady(cluster, pod)).length;
  putStatus(cluster, DAEMONSETS, set, {
    observedGeneration: numberAt(set, "metadata", "generation") ?? 1,
    desiredNumberScheduled: wanted,
    currentNumberScheduled: pods.length,
    updatedNumberScheduled: pods.filter((pod) => textAt(pod, "metadata", "labels", HASH) === hash).length,
    numberReady: ready,
    numberAvailable: ready,
    numberMisscheduled: 0,
    ...(wanted > ready && { numberUnavailable: wanted - ready }),
    ...(refusal !== undefined && {
      conditions: [{ type: "ReplicaFailure", status: "True", reason: "FailedCreate", message: refusal }],
    }),
  });
}
