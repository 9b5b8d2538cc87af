/** Why a Job's pods failed, in their own words. */
import { isObject, objectAt, type Properties, text } from "../protocol/values";
import type { KubernetesClient } from "./client";
import type { ObjectName } from "./kinds";

const lastLogLines = 20;
const mostPods = 5;

export async function whyPodsFailed(client: KubernetesClient, job: ObjectName): Promise<string[]> {
  const path = `/api/v1/namespaces/${encodeURIComponent(job.namespace)}/pods`;
  const list = await client.get(path, { query: { labelSelector: `job-name=${job.name}` } }).catch(() => undefined);
  const pods = Array.isArray(list?.items) ? list.items.filter(isObject) : [];
  const reports = await Promise.all(pods.slice(0, mostPods).map((pod) => report(client, path, pod)));
  return reports.flat();
}

async function report(client: KubernetesClient, path: string, pod: Properties): Promise<string[]> {
  const name = text(objectAt(pod, "metadata"), "name") ?? "";
  const node = text(objectAt(pod, "spec"), "nodeName");
  const where = `pod ${name}${node ? ` on node ${node}` : ""}`;
  const endings = statuses(pod).flatMap((status) => {
    const ended = objectAt(objectAt(status, "state"), "terminated");
    const waits = objectAt(objectAt(status, "state"), "waiting");
    const message = (text(ended, "message") ?? text(waits, "message") ?? "").trim();
    const reason = text(ended, "reason") ?? text(waits, "reason");
    if (reason === "Completed" || (!reason && !message)) return [];
    return [`${where}: ${[reason, message].filter(Boolean).join(": ")}`];
  });
  const log = await client
    .text(`${path}/${encodeURIComponent(name)}/log`, { tailLines: String(lastLogLines) })
    .catch(() => "");
  const lines =
    log.trim() === "" ? [] : [`last lines of its log:\n${log.trim().split("\n").slice(-lastLogLines).join("\n")}`];
  return endings.length > 0 ? [...endings, ...lines] : [];
}

function statuses(pod: Properties): Properties[] {
  const { containerStatuses, initContainerStatuses } = objectAt(pod, "status");
  return [initContainerStatuses, containerStatuses].flatMap((list) =>
    Array.isArray(list) ? list.filter(isObject) : [],
  );
}
