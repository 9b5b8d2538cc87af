/** Waits, within bounds, for what the Kubernetes provider waits for before it calls an object created or deleted. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Run } from "../protocol/provider";
import { isObject, objectAt, type Properties, stringList } from "../protocol/values";
import type { KubernetesClient } from "./client";
import { whyPodsFailed } from "./diagnosis";
import { annotation, type KindRef, type ObjectName } from "./kinds";
import { expectsEndpoints, readiness } from "./readiness";

const defaultSeconds = 600;
const firstPauseMs = 200;
const longestPauseMs = 3_000;

export interface Awaited {
  kind: KindRef;
  path: string;
  at: ObjectName;
  manifest: Properties;
}

/** The live object once it is ready, or it as it is and the reasons why it does not count as ready. */
export async function untilReady(
  client: KubernetesClient,
  { kind, path, at, manifest }: Awaited,
  first: Properties,
  run: Run,
): Promise<{ live: Properties; reasons: string[] }> {
  if (kind.patch || annotation(manifest, "pulumi.com/skipAwait") === "true") return { live: first, reasons: [] };
  const seconds = timeoutSeconds(manifest, run);
  const deadline = Date.now() + seconds * 1000;
  let live = first;
  for (let pause = firstPauseMs; ; pause = Math.min(longestPauseMs, pause * 1.5)) {
    const judgement = readiness(kind.kind, live);
    if (judgement.state === "failed") {
      const details = kind.kind === "Job" ? await whyPodsFailed(client, at) : [];
      return { live, reasons: [`${kind.kind} ${at.name} failed: ${judgement.reason}`, ...details] };
    }
    let missing = judgement.state === "waiting" ? judgement.reason : undefined;
    if (!missing && kind.kind === "Service" && expectsEndpoints(live) && !(await hasEndpoints(client, at))) {
      missing = "no pod stands behind it yet";
    }
    if (!missing) return { live, reasons: [] };
    if (Date.now() + pause > deadline) {
      const details = kind.kind === "Job" ? await whyPodsFailed(client, at) : [];
      return { live, reasons: [`${kind.kind} ${at.name} was not ready within ${seconds} s: ${missing}`, ...details] };
    }
    await sleep(pause, undefined, { signal: run.signal });
    live = (await client.get(path)) ?? live;
  }
}

export async function untilGone(
  client: KubernetesClient,
  { kind, path, at, manifest }: Awaited,
  run: Run,
): Promise<void> {
  if (annotation(manifest, "pulumi.com/skipAwait") === "true") return;
  const seconds = timeoutSeconds(manifest, run);
  const deadline = Date.now() + seconds * 1000;
  for (let pause = firstPauseMs; ; pause = Math.min(longestPauseMs, pause * 1.5)) {
    const live = await client.get(path);
    if (!live) return;
    if (Date.now() + pause > deadline) {
      const finalizers = stringList(objectAt(live, "metadata").finalizers);
      const held = finalizers.length > 0 ? ` (finalizers: ${finalizers.join(", ")})` : "";
      throw new Error(`${kind.kind} ${at.name} was still there ${seconds} s after its deletion${held}.`);
    }
    await sleep(pause, undefined, { signal: run.signal });
  }
}

function timeoutSeconds(manifest: Properties, run: Run): number {
  const given = Number(annotation(manifest, "pulumi.com/timeoutSeconds"));
  return given > 0 ? given : (run.timeoutSeconds ?? defaultSeconds);
}

async function hasEndpoints(client: KubernetesClient, { namespace, name }: ObjectName): Promise<boolean> {
  const slices = await client.get(
    `/apis/discovery.k8s.io/v1/namespaces/${encodeURIComponent(namespace)}/endpointslices`,
    {
      query: { labelSelector: `kubernetes.io/service-name=${name}` },
    },
  );
  const behind = (list: unknown, key: string) =>
    Array.isArray(list) && list.some((item) => isObject(item) && Array.isArray(item[key]) && item[key].length > 0);
  if (behind(slices?.items, "endpoints")) return true;
  const endpoints = await client.get(
    `/api/v1/namespaces/${encodeURIComponent(namespace)}/endpoints/${encodeURIComponent(name)}`,
  );
  return behind(endpoints?.subsets, "addresses");
}
