/** What the API server fills in by itself. */
import { isObject, listAt, objectAt, textAt } from "../../json";
import type { JsonObject } from "../../json";
import { formatAddress, isIn, parseRange } from "../addresses";
import type { Cluster, KubeObject } from "../model";
import type { Resource } from "./store";
import { CONFIG_MAPS, DAEMONSETS, JOBS, list, NAMESPACES, SERVICES } from "./store";
import { ApiRefusal, invalid } from "./status";

export function withDefaults(
  cluster: Cluster,
  of: Resource,
  draft: KubeObject,
  before: KubeObject | undefined,
): KubeObject {
  const spec = objectAt(draft, "spec");
  const name = draft.metadata.name;
  switch (of) {
    case NAMESPACES:
      return {
        ...draft,
        metadata: { ...draft.metadata, labels: { ...draft.metadata.labels, "kubernetes.io/metadata.name": name } },
        spec: { finalizers: ["kubernetes"], ...spec },
        status: { phase: "Active" },
      };
    case SERVICES:
      return {
        ...draft,
        spec: serviceSpec(cluster, draft, spec, objectAt(before, "spec")),
        status: { loadBalancer: {} },
      };
    case DAEMONSETS:
      requireSelector(of, name, spec);
      return {
        ...draft,
        spec: {
          revisionHistoryLimit: 10,
          updateStrategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: 0, maxUnavailable: 1 } },
          ...spec,
        },
        status: draft.status ?? {},
      };
    case JOBS:
      return { ...draft, spec: jobSpec(draft, spec), status: draft.status ?? {} };
    case CONFIG_MAPS:
      requireTexts(of, name, draft.data);
      return draft;
    default:
      return draft;
  }
}

function serviceSpec(cluster: Cluster, draft: KubeObject, spec: JsonObject, before: JsonObject): JsonObject {
  const name = draft.metadata.name;
  const wanted = textAt(spec, "clusterIP") ?? textAt(before, "clusterIP");
  const kept = textAt(before, "clusterIP");
  if (kept !== undefined && wanted !== kept)
    throw invalid(SERVICES, name, `spec.clusterIP: Invalid value: "${wanted ?? ""}": field is immutable`);
  if (wanted !== undefined && wanted !== "None" && !isIn(cluster.serviceSubnet, wanted)) {
    throw invalid(
      SERVICES,
      name,
      `spec.clusterIP: Invalid value: "${wanted}": provided IP is not in the valid range ${cluster.serviceSubnet}`,
    );
  }
  if (wanted !== undefined && wanted !== "None" && wanted !== kept && clusterAddresses(cluster).has(wanted)) {
    throw invalid(SERVICES, name, `spec.clusterIP: Invalid value: "${wanted}": provided IP is already allocated`);
  }
  const clusterIP = wanted ?? freeClusterAddress(cluster, name);
  return {
    type: "ClusterIP",
    sessionAffinity: "None",
    internalTrafficPolicy: "Cluster",
    ipFamilies: ["IPv4"],
    ipFamilyPolicy: "SingleStack",
    ...spec,
    ports: listAt(spec, "ports").map((port) => ({
      protocol: "TCP",
      targetPort: (port as JsonObject).port,
      ...(port as JsonObject),
    })),
    clusterIP,
    clusterIPs: [clusterIP],
  };
}

const clusterAddresses = (cluster: Cluster): Set<string> =>
  new Set(list(cluster, SERVICES).map((service) => textAt(service, "spec", "clusterIP") ?? ""));

/** The API server itself and DNS have fixed places in the range, the first and the tenth. */
function freeClusterAddress(cluster: Cluster, name: string): string {
  const base = parseRange(cluster.serviceSubnet)?.base ?? 0;
  if (name === "kubernetes") return formatAddress(base + 1);
  if (name === "kube-dns") return formatAddress(base + 10);
  const taken = clusterAddresses(cluster);
  for (let offset = 100; ; offset++) {
    const candidate = formatAddress(base + offset);
    if (!taken.has(candidate)) return candidate;
  }
}

function jobSpec(draft: KubeObject, spec: JsonObject): JsonObject {
  const uid = draft.metadata.name;
  const policy = textAt(spec, "template", "spec", "restartPolicy");
  if (policy !== "Never" && policy !== "OnFailure") {
    throw invalid(JOBS, uid, `spec.template.spec.restartPolicy: Required value: valid values: "OnFailure", "Never"`);
  }
  return { parallelism: 1, completions: 1, backoffLimit: 6, completionMode: "NonIndexed", suspend: false, ...spec };
}

function requireSelector(of: Resource, name: string, spec: JsonObject): void {
  const selector = objectAt(spec, "selector", "matchLabels");
  const labels = objectAt(spec, "template", "metadata", "labels");
  if (Object.keys(objectAt(spec, "selector")).length === 0) throw invalid(of, name, "spec.selector: Required value");
  if (!Object.entries(selector).every(([key, value]) => labels[key] === value)) {
    throw invalid(
      of,
      name,
      "spec.template.metadata.labels: Invalid value: `selector` does not match template `labels`",
    );
  }
}

function requireTexts(of: Resource, name: string, data: unknown): void {
  for (const [key, value] of Object.entries(isObject(data) ? data : {})) {
    if (typeof value !== "string")
      throw new ApiRefusal(
        400,
        "BadRequest",
        `ConfigMap in version "v1" cannot be handled as a ConfigMap: data.${key} is no string`,
      );
    if (!/^[-._a-zA-Z0-9]{1,253}$/.test(key)) {
      throw invalid(
        of,
        name,
        `data[${key}]: Invalid value: "${key}": a valid config key must consist of alphanumeric characters, '-', '_' or '.'`,
      );
    }
  }
}
