/** When an object counts as ready, judged by the object alone. */
import { isObject, objectAt, type Properties, text } from "../protocol/values";

export type Readiness = { state: "ready" } | { state: "waiting"; reason: string } | { state: "failed"; reason: string };

const ready: Readiness = { state: "ready" };
const waiting = (reason: string): Readiness => ({ state: "waiting", reason });
const failed = (reason: string): Readiness => ({ state: "failed", reason });

type Judge = (live: Properties) => Readiness;

const judges: Record<string, Judge> = {
  Namespace: (live) => {
    const phase = text(objectAt(live, "status"), "phase");
    return phase === "Active" ? ready : waiting(`its phase is ${phase ?? "not set yet"}`);
  },
  DaemonSet: (live) => {
    const status = objectAt(live, "status");
    const wanted = count(status.desiredNumberScheduled);
    if (!observed(live) || status.desiredNumberScheduled === undefined)
      return waiting("its controller has not seen it yet");
    const updated = Math.min(count(status.updatedNumberScheduled), count(status.numberReady));
    return updated >= wanted && count(status.numberUnavailable) === 0
      ? ready
      : waiting(
          `${count(status.numberReady)} of ${wanted} pods are ready, ${count(status.updatedNumberScheduled)} up to date`,
        );
  },
  Deployment: (live) => {
    const status = objectAt(live, "status");
    const wanted = count(objectAt(live, "spec").replicas ?? 1);
    const progressing = condition(live, "Progressing");
    if (observed(live) && progressing?.status === "False") {
      return failed(`it makes no progress: ${text(progressing, "message") ?? ""}`);
    }
    return observed(live) && Math.min(count(status.updatedReplicas), count(status.availableReplicas)) >= wanted
      ? ready
      : waiting(`${count(status.availableReplicas)} of ${wanted} replicas are available`);
  },
  StatefulSet: (live) => {
    const status = objectAt(live, "status");
    const wanted = count(objectAt(live, "spec").replicas ?? 1);
    return observed(live) && Math.min(count(status.updatedReplicas), count(status.readyReplicas)) >= wanted
      ? ready
      : waiting(`${count(status.readyReplicas)} of ${wanted} replicas are ready`);
  },
  Job: (live) => {
    const failure = condition(live, "Failed");
    if (failure?.status === "True") {
      return failed([text(failure, "reason"), text(failure, "message")].filter(Boolean).join(": ") || "it failed");
    }
    const { active, succeeded } = objectAt(live, "status");
    return condition(live, "Complete")?.status === "True"
      ? ready
      : waiting(`${count(active)} of its pods are running, ${count(succeeded)} succeeded`);
  },
  Pod: (live) => {
    const phase = text(objectAt(live, "status"), "phase");
    if (phase === "Failed") return failed(text(objectAt(live, "status"), "message") ?? "it failed");
    return phase === "Succeeded" || condition(live, "Ready")?.status === "True"
      ? ready
      : waiting(`its phase is ${phase ?? "unknown"}`);
  },
};

export function readiness(kind: string, live: Properties): Readiness {
  return judges[kind]?.(live) ?? ready;
}

/** A Service that sends to pods by a selector and has an address of its own. */
export function expectsEndpoints(service: Properties): boolean {
  const spec = objectAt(service, "spec");
  const selects = Object.keys(objectAt(spec, "selector")).length > 0;
  return selects && text(spec, "type") !== "ExternalName" && text(spec, "clusterIP") !== "None";
}

function observed(live: Properties): boolean {
  return count(objectAt(live, "status").observedGeneration) >= count(objectAt(live, "metadata").generation);
}

function condition(live: Properties, type: string): Properties | undefined {
  const { conditions } = objectAt(live, "status");
  const found = Array.isArray(conditions) ? conditions.find((item) => isObject(item) && item.type === type) : undefined;
  return isObject(found) ? found : undefined;
}

function count(value: unknown): number {
  return typeof value === "number" ? value : 0;
}
