/** The Kubernetes API of one cluster, as a control plane serves it on port 6443. */
import { parse } from "yaml";
import { isObject, textAt } from "../../json";
import type { JsonObject } from "../../json";
import type { SiteRequest, SiteResponse } from "../../world";
import { WorldError } from "../../world";
import { refreshNodes } from "../cluster/nodes";
import type { Cluster, KubeObject } from "../model";
import type { Sim } from "../sim";
import { reconcile } from "./controllers";
import { answerDiscovery } from "./discovery";
import { deleteObject, patchObject, postObject, putObject } from "./write";
import { matchesFieldQuery, matchesLabelQuery } from "./selectors";
import { apiVersionOf, get, list, NAMESPACES, PODS, RESOURCES } from "./store";
import type { Resource } from "./store";
import { ApiRefusal, notFound, statusBody } from "./status";

export interface Target {
  of: Resource;
  namespace: string;
  name?: string;
  subresource?: string;
}

export function answerKubernetes(sim: Sim, cluster: Cluster, request: SiteRequest): SiteResponse {
  if (!request.clientAuthorized) return { status: 401, body: statusBody(401, "Unauthorized", "Unauthorized") };
  try {
    const fixed = request.method === "GET" ? answerDiscovery(cluster, request.path) : undefined;
    if (fixed) return fixed;
    // Nodes and pods change without anybody writing to the API: look before answering.
    if (refreshNodes(sim, cluster)) reconcile(sim, cluster);
    return answer(sim, cluster, request, targetOf(request.path));
  } catch (error) {
    if (error instanceof ApiRefusal)
      return { status: error.status, body: statusBody(error.status, error.reason, error.message) };
    if (error instanceof WorldError)
      return { status: error.status, body: statusBody(error.status, "BadRequest", error.message) };
    throw error;
  }
}

function answer(sim: Sim, cluster: Cluster, request: SiteRequest, target: Target): SiteResponse {
  const { of, namespace, name, subresource } = target;
  switch (request.method) {
    case "GET": {
      if (name === undefined) return { status: 200, body: listOf(cluster, of, namespace, request.query) };
      const found = get(cluster, of, namespace, name);
      if (!found) throw notFound(of, name);
      if (of === PODS && subresource === "log") return { status: 200, body: logOf(cluster, found, request.query) };
      return { status: 200, body: found };
    }
    case "POST":
      return { status: 201, body: postObject(sim, cluster, target, bodyOf(request), request.query) };
    case "PUT":
      return { status: 200, body: putObject(sim, cluster, target, bodyOf(request), request.query) };
    case "PATCH":
      return patchObject(sim, cluster, target, bodyOf(request), request);
    case "DELETE":
      return {
        status: 200,
        body: deleteObject(sim, cluster, target, request.body === "" ? {} : bodyOf(request), request.query),
      };
    default:
      throw new ApiRefusal(405, "MethodNotAllowed", "the server does not allow this method on the requested resource");
  }
}

/** `/api/v1/namespaces/<ns>/<resource>/<name>/<subresource>` and its shorter forms. */
function targetOf(path: string): Target {
  const unknown = new ApiRefusal(404, "NotFound", "the server could not find the requested resource");
  const core = /^\/api\/(v1)\/(.+?)\/?$/.exec(path);
  const grouped = /^\/apis\/([^/]+)\/([^/]+)\/(.+?)\/?$/.exec(path);
  const [group, version, rest] = core ? ["", core[1], core[2]] : [grouped?.[1], grouped?.[2], grouped?.[3]];
  if (rest === undefined) throw unknown;
  let parts = rest.split("/");
  let namespace = "";
  if (parts[0] === "namespaces" && parts.length > 2 && !["status", "finalize"].includes(parts[2] ?? "")) {
    namespace = parts[1] ?? "";
    parts = parts.slice(2);
  }
  const [resource, name, subresource] = parts;
  const of = RESOURCES.find(
    (candidate) => candidate.group === group && candidate.version === version && candidate.name === resource,
  );
  if (!of || parts.length > 3 || (of !== NAMESPACES && of.namespaced && namespace === "" && name !== undefined))
    throw unknown;
  return { of, namespace, name, subresource };
}

function listOf(cluster: Cluster, of: Resource, namespace: string, query: URLSearchParams): JsonObject {
  if (query.get("watch") === "true" || query.get("watch") === "1") {
    throw new ApiRefusal(405, "MethodNotAllowed", "the lab's Kubernetes API has no watches: list again");
  }
  const items = list(cluster, of, namespace)
    .filter((object) => matchesLabelQuery(object.metadata.labels ?? {}, query.get("labelSelector") ?? ""))
    .filter((object) => matchesFieldQuery(object, query.get("fieldSelector") ?? ""));
  return {
    kind: `${of.kind}List`,
    apiVersion: apiVersionOf(of),
    metadata: { resourceVersion: String(cluster.resourceVersion) },
    items,
  };
}

function logOf(cluster: Cluster, pod: KubeObject, query: URLSearchParams): string {
  const lines = (cluster.logs[pod.metadata.uid] ?? "").split("\n");
  const tail = Number(query.get("tailLines") ?? Infinity);
  const end = lines[lines.length - 1] === "" ? 1 : 0;
  return lines.slice(Math.max(0, lines.length - end - tail)).join("\n");
}

/** JSON, or YAML as `application/apply-patch+yaml` allows. */
function bodyOf(request: SiteRequest): unknown {
  const isYaml = (request.headers["content-type"] ?? "").includes("yaml");
  try {
    return isYaml ? (parse(request.body) as unknown) : (JSON.parse(request.body) as unknown);
  } catch (error) {
    throw new ApiRefusal(
      400,
      "BadRequest",
      `the object provided is unrecognized: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

export function objectOf(body: unknown, of: Resource): KubeObject {
  if (!isObject(body))
    throw new ApiRefusal(400, "BadRequest", "the object provided is unrecognized (must be of type Object)");
  const kind = textAt(body, "kind");
  const apiVersion = textAt(body, "apiVersion");
  if ((kind ?? of.kind) !== of.kind || (apiVersion ?? apiVersionOf(of)) !== apiVersionOf(of)) {
    throw new ApiRefusal(
      400,
      "BadRequest",
      `${kind ?? ""} in version "${apiVersion ?? ""}" cannot be handled as a ${of.kind}`,
    );
  }
  return body as unknown as KubeObject;
}
