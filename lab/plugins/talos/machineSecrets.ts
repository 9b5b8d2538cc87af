/** A cluster's secrets in two shapes: `secrets.yaml`, as talosctl reads and writes it, and the Talos provider's properties. */
import { parse, stringify } from "yaml";
import { isObject, objectAt, type Properties, text, type Value } from "../protocol/values";

/** Where each value stands: path in `secrets.yaml`, path in the properties. */
const places: readonly [from: string, to: string, optional?: "optional"][] = [
  ["cluster.id", "cluster.id"],
  ["cluster.secret", "cluster.secret"],
  ["secrets.bootstraptoken", "secrets.bootstrapToken"],
  ["secrets.secretboxencryptionsecret", "secrets.secretboxEncryptionSecret", "optional"],
  ["secrets.aescbcencryptionsecret", "secrets.aescbcEncryptionSecret", "optional"],
  ["trustdinfo.token", "trustdinfo.token"],
  ["certs.etcd.crt", "certs.etcd.cert"],
  ["certs.etcd.key", "certs.etcd.key"],
  ["certs.k8s.crt", "certs.k8s.cert"],
  ["certs.k8s.key", "certs.k8s.key"],
  ["certs.k8saggregator.crt", "certs.k8sAggregator.cert"],
  ["certs.k8saggregator.key", "certs.k8sAggregator.key"],
  ["certs.k8sserviceaccount.key", "certs.k8sServiceaccount.key"],
  ["certs.os.crt", "certs.os.cert"],
  ["certs.os.key", "certs.os.key"],
];

export function machineSecretsFromYaml(yaml: string): Properties {
  const bundle = parse(yaml) as Value;
  if (!isObject(bundle)) throw new Error("This is no secrets.yaml: it holds no mapping.");
  const secrets: Properties = {};
  for (const [from, to, optional] of places) {
    const value = at(bundle, from);
    if (value !== undefined) put(secrets, to, value);
    else if (!optional) throw new Error(`This is no secrets.yaml: ${from} is missing.`);
  }
  return secrets;
}

export function machineSecretsToYaml(secrets: Properties): string {
  const bundle: Properties = {};
  for (const [to, from] of places) {
    const value = at(secrets, from);
    if (value !== undefined) put(bundle, to, value);
  }
  return stringify(bundle, { lineWidth: 0 });
}

/** Every value that must not be seen: all but the certificates and the cluster's id. */
export function secretValues(secrets: Properties): string[] {
  return places
    .filter(([, to]) => !to.endsWith(".cert") && to !== "cluster.id")
    .map(([, to]) => at(secrets, to))
    .filter((value) => value !== undefined && value !== "") as string[];
}

function at(source: Properties, path: string): string | undefined {
  const keys = path.split(".");
  const last = keys.pop() ?? "";
  const value = text(keys.reduce(objectAt, source), last);
  return value === "" ? undefined : value;
}

function put(target: Properties, path: string, value: string): void {
  const keys = path.split(".");
  const last = keys.pop() ?? "";
  let place = target;
  for (const key of keys) {
    const inner = place[key];
    const next = isObject(inner) ? inner : {};
    place[key] = next;
    place = next;
  }
  place[last] = value;
}
