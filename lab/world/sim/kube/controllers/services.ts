import { isDeepStrictEqual } from "node:util";
import { at, isObject, listAt, numberAt, textAt, textsAt } from "../../../json";
import type { JsonObject } from "../../../json";
import { isReady } from "../../cluster/nodes";
import type { Cluster, KubeObject } from "../../model";
import { nodeOf, podAddress, podIsReady } from "../pods";
import { matchesSelector } from "../selectors";
import { drop, ENDPOINT_SLICES, ENDPOINTS, get, list, NODES, ownerReference, PODS, put, SERVICES } from "../store";
import type { Draft, Resource } from "../store";

const SERVICE_NAME = "kubernetes.io/service-name";

/** Keeps a Service's endpoints at the pods that its selector finds. */
export function reconcileServices(cluster: Cluster): void {
  for (const service of list(cluster, SERVICES)) {
    const namespace = service.metadata.namespace ?? "";
    const name = service.metadata.name;
    const pods = backends(cluster, service);
    const isApi = namespace === "default" && name === "kubernetes";
    if (!isObject(at(service, "spec", "selector")) && !isApi) continue;
    const ports = listAt(service, "spec", "ports").map((port) => ({
      name: textAt(port, "name") ?? "",
      port: numberAt(port, "targetPort") ?? numberAt(port, "port") ?? 0,
      protocol: textAt(port, "protocol") ?? "TCP",
    }));
    const ends = isApi ? apiAddresses(cluster).map((address) => ({ address })) : pods.map((pod) => endOf(pod));
    write(cluster, ENDPOINTS, {
      apiVersion: "v1",
      kind: "Endpoints",
      metadata: { name, namespace, labels: service.metadata.labels ?? {} },
      subsets:
        ends.length === 0 ? [] : [{ addresses: ends.map(({ address, ...rest }) => ({ ip: address, ...rest })), ports }],
    });
    write(cluster, ENDPOINT_SLICES, {
      apiVersion: "discovery.k8s.io/v1",
      kind: "EndpointSlice",
      metadata: {
        name: `${name}-lab`,
        namespace,
        labels: { [SERVICE_NAME]: name },
        ownerReferences: [ownerReference(service)],
      },
      addressType: "IPv4",
      endpoints: ends.map(({ address, ...rest }) => ({ addresses: [address], conditions: { ready: true }, ...rest })),
      ports,
    });
  }
  for (const endpoints of list(cluster, ENDPOINTS)) {
    if (!get(cluster, SERVICES, endpoints.metadata.namespace ?? "", endpoints.metadata.name))
      drop(cluster, ENDPOINTS, endpoints);
  }
}

/** The ready pods behind a Service. */
export function backends(cluster: Cluster, service: KubeObject): KubeObject[] {
  const selector = textsAt(service, "spec", "selector");
  if (Object.keys(selector).length === 0) return [];
  return list(cluster, PODS, service.metadata.namespace).filter(
    (pod) => matchesSelector(pod.metadata.labels ?? {}, selector) && podIsReady(cluster, pod),
  );
}

const endOf = (pod: KubeObject) => ({
  address: podAddress(pod) ?? "",
  nodeName: nodeOf(pod),
  targetRef: { kind: "Pod", name: pod.metadata.name, namespace: pod.metadata.namespace, uid: pod.metadata.uid },
});

const apiAddresses = (cluster: Cluster): string[] =>
  list(cluster, NODES)
    .filter((node) => "node-role.kubernetes.io/control-plane" in (node.metadata.labels ?? {}) && isReady(node))
    .map((node) => textAt(node, "status", "addresses", 0, "address") ?? "");

function write(cluster: Cluster, of: Resource, draft: Draft): void {
  const before = get(cluster, of, draft.metadata.namespace ?? "", draft.metadata.name);
  const content = (object: JsonObject) => [object.subsets, object.endpoints, object.ports];
  if (!before || !isDeepStrictEqual(content(before), content(draft))) put(cluster, of, draft);
}
