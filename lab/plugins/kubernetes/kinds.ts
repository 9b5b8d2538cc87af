import { isObject, objectAt, type Properties, text } from "../protocol/values";

/** A kind of object and how the API addresses it. */
export interface KindRef {
  apiVersion: string;
  kind: string;
  namespaced: boolean;
  /** The resource only changes some fields of an object that others own. */
  patch: boolean;
}

const clusterScoped = new Set([
  "APIService",
  "CSIDriver",
  "CSINode",
  "CertificateSigningRequest",
  "ClusterRole",
  "ClusterRoleBinding",
  "CustomResourceDefinition",
  "FlowSchema",
  "IngressClass",
  "MutatingWebhookConfiguration",
  "Namespace",
  "Node",
  "PersistentVolume",
  "PriorityClass",
  "PriorityLevelConfiguration",
  "RuntimeClass",
  "StorageClass",
  "ValidatingAdmissionPolicy",
  "ValidatingAdmissionPolicyBinding",
  "ValidatingWebhookConfiguration",
  "VolumeAttachment",
]);

/** The kind behind a type token, such as `kubernetes:apps/v1:DaemonSetPatch`. */
export function kindRef(type: string): KindRef {
  const [, module = "", name = ""] = type.split(":");
  const patch = /.Patch$/.test(name);
  const kind = patch ? name.slice(0, -"Patch".length) : name;
  const apiVersion = module.replace(/^core\//, "");
  return { apiVersion, kind, namespaced: !clusterScoped.has(kind), patch };
}

/** Path of the objects of a kind in a namespace. */
export function collectionPath({ apiVersion, kind, namespaced }: KindRef, namespace: string): string {
  const root = apiVersion.includes("/") ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  const scope = namespaced ? `/namespaces/${encodeURIComponent(namespace)}` : "";
  return `${root}${scope}/${plural(kind)}`;
}

export function plural(kind: string): string {
  const word = kind.toLowerCase();
  if (word === "endpoints") return word;
  if (/(s|x|ch|sh)$/.test(word)) return `${word}es`;
  return /[^aeiou]y$/.test(word) ? `${word.slice(0, -1)}ies` : `${word}s`;
}

export interface ObjectName {
  namespace: string;
  name: string;
}

/** The provider's id of an object: `namespace/name`, or the name alone. */
export function objectId(kind: KindRef, { namespace, name }: ObjectName): string {
  return kind.namespaced ? `${namespace}/${name}` : name;
}

export function objectName(id: string, defaultNamespace: string): ObjectName {
  const [first = "", second] = id.split("/");
  return second === undefined ? { namespace: defaultNamespace, name: first } : { namespace: first, name: second };
}

export function nameOf(manifest: Properties, defaultNamespace: string): ObjectName {
  const metadata = objectAt(manifest, "metadata");
  return { namespace: text(metadata, "namespace") ?? defaultNamespace, name: text(metadata, "name") ?? "" };
}

export function annotation(manifest: Properties, name: string): string | undefined {
  const annotations = objectAt(manifest, "metadata").annotations;
  return isObject(annotations) ? text(annotations, name) : undefined;
}
