/** What the API server says about itself. */
import type { Cluster } from "../model";
import type { SiteResponse } from "../../world";
import { list, NODES, RESOURCES } from "./store";
import type { Resource } from "./store";
import { textAt } from "../../json";

const VERBS = ["create", "delete", "get", "list", "patch", "update"];
const FALLBACK_VERSION = "v1.35.0";

export function answerDiscovery(cluster: Cluster, path: string): SiteResponse | undefined {
  if (["/healthz", "/livez", "/readyz"].includes(path)) return { status: 200, body: "ok" };
  if (path === "/version") return { status: 200, body: version(cluster) };
  if (path === "/api") return { status: 200, body: { kind: "APIVersions", versions: ["v1"] } };
  if (path === "/apis") return { status: 200, body: { kind: "APIGroupList", apiVersion: "v1", groups: groups() } };
  const [, group] = /^\/apis\/([^/]+)\/v1\/?$/.exec(path) ?? [];
  const wanted = /^\/api\/v1\/?$/.test(path) ? "" : group;
  const resources = RESOURCES.filter((of) => of.group === wanted);
  if (wanted === undefined || resources.length === 0) return undefined;
  const groupVersion = wanted === "" ? "v1" : `${wanted}/v1`;
  return {
    status: 200,
    body: { kind: "APIResourceList", apiVersion: "v1", groupVersion, resources: resources.map(describe) },
  };
}

const describe = (of: Resource) => ({
  name: of.name,
  singularName: of.kind.toLowerCase(),
  namespaced: of.namespaced,
  kind: of.kind,
  verbs: VERBS,
});

function groups(): object[] {
  const names = [...new Set(RESOURCES.map((of) => of.group))].filter((name) => name !== "");
  return names.map((name) => {
    const groupVersion = { groupVersion: `${name}/v1`, version: "v1" };
    return { name, versions: [groupVersion], preferredVersion: groupVersion };
  });
}

/** The API server is of the kubelets' version. */
function version(cluster: Cluster): object {
  const gitVersion =
    list(cluster, NODES).map((node) => textAt(node, "status", "nodeInfo", "kubeletVersion"))[0] ?? FALLBACK_VERSION;
  const [major, minor] = gitVersion.slice(1).split(".");
  return { major, minor, gitVersion, platform: "linux/amd64" };
}
