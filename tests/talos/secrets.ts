import { stringify } from "yaml";

const pair = (name: string): { crt: string; key: string } => ({ crt: `${name}-crt`, key: `${name}-key` });

/** Secrets in the form of `talosctl gen secrets`, with values that are none. */
export const bundle = {
  cluster: { id: "cluster-id", secret: "cluster-secret" },
  secrets: { bootstraptoken: "abcdef.token", secretboxencryptionsecret: "secretbox" },
  trustdinfo: { token: "trustd-token" },
  certs: {
    etcd: pair("etcd"),
    k8s: pair("k8s"),
    k8saggregator: pair("aggregator"),
    k8sserviceaccount: { key: "serviceaccount-key" },
    os: pair("os"),
  },
};

export const bundleYaml = stringify(bundle);
