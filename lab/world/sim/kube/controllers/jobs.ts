import { listAt, numberAt, objectAt, textAt } from "../../../json";
import type { JsonObject } from "../../../json";
import { isReady } from "../../cluster/nodes";
import type { Cluster, KubeObject } from "../../model";
import { timestamp } from "../../sim";
import type { Sim } from "../../sim";
import { forbidden } from "../podSecurity";
import { stopPod } from "../podRun";
import { makePod, nodeOf, phaseOf } from "../pods";
import { fitsNode } from "../selectors";
import { drop, isOwnedBy, JOBS, list, NODES, PODS, putStatus } from "../store";

/** Runs a Job's pods one after the other until one succeeds or too many have failed. */
export function reconcileJobs(sim: Sim, cluster: Cluster): void {
  for (const job of list(cluster, JOBS)) {
    if (isFinished(job) || objectAt(job, "spec").suspend === true) continue;
    const started = textAt(job, "status", "startTime") ?? timestamp();
    const pods = list(cluster, PODS, job.metadata.namespace).filter((pod) => isOwnedBy(pod, job));
    const count = (phase: string) => pods.filter((pod) => phaseOf(pod) === phase).length;
    const status = { startTime: started, succeeded: count("Succeeded"), failed: count("Failed") };
    const active = pods.filter((pod) => ["Pending", "Running"].includes(phaseOf(pod)));
    if (status.succeeded >= (numberAt(job, "spec", "completions") ?? 1)) {
      finish(cluster, job, status, "Complete", "CompletionsReached", "Reached expected number of succeeded pods");
    } else if (status.failed > (numberAt(job, "spec", "backoffLimit") ?? 6)) {
      finish(cluster, job, status, "Failed", "BackoffLimitExceeded", "Job has reached the specified backoff limit");
    } else if (isOverdue(job, started)) {
      for (const pod of active) {
        stopPod(sim, pod);
        drop(cluster, PODS, pod);
      }
      finish(cluster, job, status, "Failed", "DeadlineExceeded", "Job was active longer than specified deadline");
    } else {
      keepOneRunning(cluster, job, active);
      putStatus(cluster, JOBS, job, {
        ...status,
        active: 1,
        ready: active.filter((pod) => phaseOf(pod) === "Running").length,
      });
    }
  }
}

export const isFinished = (job: KubeObject): boolean =>
  listAt(job, "status", "conditions").some((condition) =>
    ["Complete", "Failed"].includes(textAt(condition, "type") ?? ""),
  );

function isOverdue(job: KubeObject, started: string): boolean {
  const deadline = numberAt(job, "spec", "activeDeadlineSeconds");
  return deadline !== undefined && Date.now() > Date.parse(started) + deadline * 1000;
}

/** A pod that found no node is tried again with the nodes there are now. */
function keepOneRunning(cluster: Cluster, job: KubeObject, active: KubeObject[]): void {
  const [current] = active;
  if (current && nodeOf(current) !== undefined) return;
  const template = objectAt(job, "spec", "template");
  if (forbidden(cluster, job.metadata.namespace ?? "", template) !== undefined) return;
  const node = list(cluster, NODES).find((candidate) => isReady(candidate) && fitsNode(template.spec, candidate));
  if (current && !node) return;
  if (current) drop(cluster, PODS, current);
  const uid = job.metadata.uid;
  const labels = {
    "job-name": job.metadata.name,
    "batch.kubernetes.io/job-name": job.metadata.name,
    "controller-uid": uid,
    "batch.kubernetes.io/controller-uid": uid,
  };
  makePod(cluster, { owner: job, template, labels, nodeName: node?.metadata.name });
}

function finish(
  cluster: Cluster,
  job: KubeObject,
  status: JsonObject,
  type: string,
  reason: string,
  message: string,
): void {
  const time = timestamp();
  const before = type === "Complete" ? "SuccessCriteriaMet" : "FailureTarget";
  putStatus(cluster, JOBS, job, {
    ...status,
    active: 0,
    ready: 0,
    ...(type === "Complete" && { completionTime: time }),
    conditions: [before, type].map((name) => ({
      type: name,
      status: "True",
      lastProbeTime: time,
      lastTransitionTime: time,
      reason,
      message,
    })),
  });
}
