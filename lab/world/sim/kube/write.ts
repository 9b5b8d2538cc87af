/** Create, replace, patch, delete. After each of them the controllers run. */
import { isObject, textAt } from "../../json";
import type { JsonObject } from "../../json";
import type { SiteRequest, SiteResponse } from "../../world";
import type { Cluster, KubeObject } from "../model";
import { randomSuffix } from "../sim";
import type { Sim } from "../sim";
import { objectOf } from "./api";
import type { Target } from "./api";
import { reconcile } from "./controllers";
import { withDefaults } from "./defaults";
import { applyPatch, jsonPatch, mergePatch, strategicPatch } from "./patch";
import { alreadyExists, ApiRefusal, conflict, invalid, notFound } from "./status";
import { copy, drop, get, NAMESPACES, PODS, put } from "./store";
import type { Resource } from "./store";

const NAME = /^[a-z0-9]([-a-z0-9.:]*[a-z0-9])?$/;
const SYSTEM_NAMESPACES = ["default", "kube-system", "kube-public", "kube-node-lease"];

export function postObject(
  sim: Sim,
  cluster: Cluster,
  target: Target,
  body: unknown,
  query: URLSearchParams,
): JsonObject {
  const { of, namespace, name, subresource } = target;
  if (of === PODS && name !== undefined && subresource === "eviction") return evict(sim, cluster, namespace, name);
  if (name !== undefined)
    throw new ApiRefusal(405, "MethodNotAllowed", "the server does not allow this method on the requested resource");
  const draft = objectOf(body, of);
  const prefix = textAt(draft, "metadata", "generateName");
  const chosen = textAt(draft, "metadata", "name") ?? (prefix === undefined ? "" : prefix + randomSuffix(5));
  if (get(cluster, of, namespace, chosen)) throw alreadyExists(of, chosen);
  return store(sim, cluster, target, chosen, draft, query);
}

export function putObject(
  sim: Sim,
  cluster: Cluster,
  target: Target,
  body: unknown,
  query: URLSearchParams,
): KubeObject {
  const { of, namespace, name = "", subresource } = target;
  const found = get(cluster, of, namespace, name);
  if (!found) throw notFound(of, name);
  const draft = objectOf(body, of);
  const version = textAt(draft, "metadata", "resourceVersion");
  if (version !== undefined && version !== found.metadata.resourceVersion) throw conflict(of, name);
  const replaced =
    subresource === "status" ? { ...copy(found), status: draft.status } : { ...draft, status: found.status };
  return store(sim, cluster, target, name, replaced, query);
}

export function patchObject(
  sim: Sim,
  cluster: Cluster,
  target: Target,
  patch: unknown,
  request: SiteRequest,
): SiteResponse {
  const { of, namespace, name = "" } = target;
  const found = get(cluster, of, namespace, name);
  const type = (request.headers["content-type"] ?? "").split(";")[0]?.trim();
  if (type === "application/apply-patch+yaml") return applied(sim, cluster, target, patch, request.query);
  if (!found) throw notFound(of, name);
  const ways: Record<string, (object: unknown, change: unknown) => unknown> = {
    "application/merge-patch+json": mergePatch,
    "application/strategic-merge-patch+json": strategicPatch,
    "application/json-patch+json": jsonPatch,
  };
  const way = ways[type ?? ""];
  if (!way)
    throw new ApiRefusal(
      415,
      "UnsupportedMediaType",
      `the body of the request was in an unknown format - ${type ?? ""}`,
    );
  return { status: 200, body: store(sim, cluster, target, name, objectOf(way(found, patch), of), request.query) };
}

/** Server-side apply creates what is not there. */
function applied(sim: Sim, cluster: Cluster, target: Target, patch: unknown, query: URLSearchParams): SiteResponse {
  const { of, namespace, name = "" } = target;
  const manager = query.get("fieldManager") ?? "";
  if (manager === "") throw new ApiRefusal(400, "BadRequest", "fieldManager is required for apply patch");
  objectOf(patch, of);
  const found = get(cluster, of, namespace, name);
  const key = `${of.group}/${of.name}|${namespace}|${name}|${manager}`;
  const result = objectOf(applyPatch(found ?? {}, cluster.applied[key], patch), of);
  const body = store(sim, cluster, target, name, result, query);
  if (!isDryRun(query)) cluster.applied[key] = patch as JsonObject;
  return { status: found ? 200 : 201, body };
}

function store(
  sim: Sim,
  cluster: Cluster,
  target: Target,
  name: string,
  draft: KubeObject,
  query: URLSearchParams,
): KubeObject {
  const { of, namespace } = target;
  refuseMistake(cluster, of, namespace, name, draft);
  const before = get(cluster, of, namespace, name);
  const metadata = { ...draft.metadata, name, ...(of.namespaced && { namespace }) };
  const complete = withDefaults(cluster, of, { ...draft, metadata }, before);
  if (isDryRun(query)) return { ...complete, metadata: { ...before?.metadata, ...complete.metadata } };
  put(cluster, of, complete);
  reconcile(sim, cluster);
  sim.changed();
  return get(cluster, of, namespace, name) ?? complete;
}

function refuseMistake(cluster: Cluster, of: Resource, namespace: string, name: string, draft: KubeObject): void {
  if (!NAME.test(name) || name.length > 253) {
    throw invalid(
      of,
      name,
      `metadata.name: Invalid value: "${name}": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.'`,
    );
  }
  const declared = textAt(draft, "metadata", "name");
  if (declared !== undefined && declared !== name) {
    throw new ApiRefusal(
      400,
      "BadRequest",
      `the name of the object (${declared}) does not match the name on the URL (${name})`,
    );
  }
  if (of.namespaced && !get(cluster, NAMESPACES, "", namespace)) throw notFound(NAMESPACES, namespace);
  const elsewhere = textAt(draft, "metadata", "namespace");
  if (elsewhere !== undefined && of.namespaced && elsewhere !== namespace) {
    throw new ApiRefusal(
      400,
      "BadRequest",
      `the namespace of the provided object does not match the namespace sent on the request`,
    );
  }
}

export function deleteObject(
  sim: Sim,
  cluster: Cluster,
  target: Target,
  options: unknown,
  query: URLSearchParams,
): KubeObject {
  const { of, namespace, name } = target;
  const found = name === undefined ? undefined : get(cluster, of, namespace, name);
  if (!found) throw notFound(of, name ?? "");
  if (of === NAMESPACES && SYSTEM_NAMESPACES.includes(found.metadata.name)) {
    throw new ApiRefusal(
      403,
      "Forbidden",
      `namespaces "${found.metadata.name}" is forbidden: this namespace may not be deleted`,
    );
  }
  refuseStale(of, found, isObject(options) ? options.preconditions : undefined);
  const policy = query.get("propagationPolicy") ?? (isObject(options) ? options.propagationPolicy : undefined);
  drop(cluster, of, found, policy === "Orphan");
  reconcile(sim, cluster);
  sim.changed();
  return found;
}

/** Preconditions of a delete: the object has to be the one, and as, that the caller saw. */
function refuseStale(of: Resource, found: KubeObject, preconditions: unknown): void {
  if (!isObject(preconditions)) return;
  for (const field of ["uid", "resourceVersion"]) {
    const wanted = textAt(preconditions, field);
    if (wanted !== undefined && wanted !== textAt(found.metadata, field)) throw conflict(of, found.metadata.name);
  }
}

function evict(sim: Sim, cluster: Cluster, namespace: string, name: string): JsonObject {
  const pod = get(cluster, PODS, namespace, name);
  if (!pod) throw notFound(PODS, name);
  drop(cluster, PODS, pod);
  reconcile(sim, cluster);
  sim.changed();
  return { kind: "Status", apiVersion: "v1", metadata: {}, status: "Success", code: 201 };
}

const isDryRun = (query: URLSearchParams): boolean => query.get("dryRun") === "All";
