/** Objects of one cluster, as etcd holds them. */
import { randomUUID } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import { clone, isObject, remove } from "../../json";
import type { JsonObject } from "../../json";
import type { Cluster, KubeMetadata, KubeObject } from "../model";
import { timestamp } from "../sim";

/** One kind of object that this API server knows. */
export interface Resource {
  /** "" for the core group. */
  group: string;
  version: string;
  /** As in paths: plural, lower case. */
  name: string;
  kind: string;
  namespaced: boolean;
}

const resource = (group: string, name: string, kind: string, namespaced = true): Resource => ({
  group,
  version: "v1",
  name,
  kind,
  namespaced,
});

export const NAMESPACES = resource("", "namespaces", "Namespace", false);
export const NODES = resource("", "nodes", "Node", false);
export const PODS = resource("", "pods", "Pod");
export const SERVICES = resource("", "services", "Service");
export const ENDPOINTS = resource("", "endpoints", "Endpoints");
export const ENDPOINT_SLICES = resource("discovery.k8s.io", "endpointslices", "EndpointSlice");
export const SERVICE_ACCOUNTS = resource("", "serviceaccounts", "ServiceAccount");
export const EVENTS = resource("", "events", "Event");
export const CONFIG_MAPS = resource("", "configmaps", "ConfigMap");
export const DAEMONSETS = resource("apps", "daemonsets", "DaemonSet");
export const JOBS = resource("batch", "jobs", "Job");

/**
 * Kinds without a controller here (Deployment, StatefulSet, …) are left out on purpose: the API then says that it has no such resource,
 * instead of taking an object that nothing ever acts on.
 */
export const RESOURCES: Resource[] = [
  NAMESPACES,
  NODES,
  PODS,
  SERVICES,
  ENDPOINTS,
  ENDPOINT_SLICES,
  SERVICE_ACCOUNTS,
  EVENTS,
  CONFIG_MAPS,
  DAEMONSETS,
  JOBS,
  resource("", "secrets", "Secret"),
  resource("rbac.authorization.k8s.io", "roles", "Role"),
  resource("rbac.authorization.k8s.io", "rolebindings", "RoleBinding"),
  resource("rbac.authorization.k8s.io", "clusterroles", "ClusterRole", false),
  resource("rbac.authorization.k8s.io", "clusterrolebindings", "ClusterRoleBinding", false),
  resource("networking.k8s.io", "networkpolicies", "NetworkPolicy"),
  resource("policy", "poddisruptionbudgets", "PodDisruptionBudget"),
];

export const apiVersionOf = (of: Resource): string => (of.group === "" ? of.version : `${of.group}/${of.version}`);

const prefixOf = (of: Resource): string => `${of.group}/${of.name}|`;
const keyOf = (of: Resource, namespace: string, name: string): string =>
  `${prefixOf(of)}${of.namespaced ? namespace : ""}|${name}`;

export const get = (cluster: Cluster, of: Resource, namespace: string, name: string): KubeObject | undefined =>
  cluster.objects[keyOf(of, namespace, name)];

/** All objects of a kind, in one namespace or in all. */
export function list(cluster: Cluster, of: Resource, namespace = ""): KubeObject[] {
  const prefix = prefixOf(of) + (namespace === "" || !of.namespaced ? "" : `${namespace}|`);
  return Object.entries(cluster.objects)
    .filter(([key]) => key.startsWith(prefix))
    .map(([, object]) => object);
}

/** An object as somebody writes it, before the server has completed it. */
export type Draft = Omit<KubeObject, "metadata"> & { metadata: Partial<KubeMetadata> & { name: string } };

/** Stores an object: completes its metadata, counts its version, and its generation when the spec changed. */
export function put(cluster: Cluster, of: Resource, draft: Draft): KubeObject {
  const namespace = of.namespaced ? (draft.metadata.namespace ?? "default") : undefined;
  const key = keyOf(of, namespace ?? "", draft.metadata.name);
  const before = cluster.objects[key];
  cluster.resourceVersion += 1;
  const generation = Number(before?.metadata.generation ?? 0);
  const specChanged = !before || !isDeepStrictEqual(before.spec, draft.spec);
  const object: KubeObject = {
    ...draft,
    apiVersion: apiVersionOf(of),
    kind: of.kind,
    metadata: {
      ...draft.metadata,
      ...(namespace !== undefined && { namespace }),
      uid: before?.metadata.uid ?? randomUUID(),
      creationTimestamp: before?.metadata.creationTimestamp ?? timestamp(),
      resourceVersion: String(cluster.resourceVersion),
      ...(draft.spec !== undefined && { generation: specChanged ? generation + 1 : generation }),
    },
  };
  cluster.objects[key] = object;
  return object;
}

/** Changes only the status, which leaves the generation alone. */
export function putStatus(cluster: Cluster, of: Resource, object: KubeObject, status: JsonObject): void {
  const current = get(cluster, of, object.metadata.namespace ?? "", object.metadata.name);
  if (!current || isDeepStrictEqual(current.status, status)) return;
  put(cluster, of, { ...current, status });
}

/** Deletes an object and, unless they are to be orphaned, what it owns; a namespace takes along all that is in it. */
export function drop(cluster: Cluster, of: Resource, object: KubeObject, orphan = false): void {
  remove(cluster.objects, keyOf(of, object.metadata.namespace ?? "", object.metadata.name));
  remove(cluster.logs, object.metadata.uid);
  cluster.resourceVersion += 1;
  if (of === NAMESPACES) {
    for (const other of RESOURCES.filter((candidate) => candidate.namespaced)) {
      for (const inside of list(cluster, other, object.metadata.name)) drop(cluster, other, inside);
    }
  }
  if (orphan) return;
  for (const other of RESOURCES) {
    for (const owned of list(cluster, other).filter((candidate) => isOwnedBy(candidate, object)))
      drop(cluster, other, owned);
  }
}

export const isOwnedBy = (object: KubeObject, owner: KubeObject): boolean =>
  Array.isArray(object.metadata.ownerReferences) &&
  object.metadata.ownerReferences.some((reference) => isObject(reference) && reference.uid === owner.metadata.uid);

export const ownerReference = (owner: KubeObject): JsonObject => ({
  apiVersion: owner.apiVersion,
  kind: owner.kind,
  name: owner.metadata.name,
  uid: owner.metadata.uid,
  controller: true,
  blockOwnerDeletion: true,
});

export const copy = (object: KubeObject): KubeObject => clone(object);
