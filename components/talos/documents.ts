import { fillPatch, type PatchValue, type PatchValues, readPatch } from "./patchFile";

/**
 * How settings are written for a version of Talos. The only place that knows in which document a setting lives: a later
 * version that moves one gets a renderer of its own here, and nothing else changes.
 */
export interface Documents {
  base: (values: { hostname: string; podCidr: string; serviceCidr: string }) => string;
  endpoint: (values: { address: string; endpointName: string }) => string;
  controlPlane: (values: { schedulePods: boolean; certSans: readonly string[]; networkCidr: string }) => string;
  flannel: () => string;
  place: (place: "cloud" | "edge", values: { installerImage: string }) => string;
  tailscale: (values: { authKey: string; hostname: string; tag: string; port: number }) => string;
  installDisk: (values: { installDisk: string }) => string;
  labels: (values: { labels: Readonly<Record<string, string>> }) => string;
  workerTaints: (values: { taints: readonly PatchValue[] }) => string;
  controlPlaneTaints: (values: { taints: Readonly<Record<string, string>> }) => string;
  magicDns: (values: { dnsName: string }) => string;
}

const filled =
  (name: string) =>
  (values: PatchValues): string =>
    fillPatch(readPatch(name), values);

/** v1.12 and v1.13: host name, hosts and extension services are documents; CNI and KubePrism are in v1alpha1. */
const documentsV112: Documents = {
  base: filled("base"),
  endpoint: filled("endpoint"),
  controlPlane: filled("control-plane"),
  flannel: () => filled("flannel")({}),
  place: (place, values) => filled(`${place}-nodes`)(values),
  tailscale: filled("tailscale"),
  installDisk: filled("edge-worker-1-node"),
  labels: filled("node-labels"),
  workerTaints: filled("worker-taints"),
  controlPlaneTaints: filled("control-plane-taints"),
  magicDns: filled("magic-dns"),
};

const byMinorVersion: Readonly<Record<string, Documents | undefined>> = {
  "v1.12": documentsV112,
  "v1.13": documentsV112,
};

/** The documents of a Talos version such as `v1.12.4`. */
export function documentsFor(talosVersion: string): Documents {
  const documents = byMinorVersion[talosVersion.split(".", 2).join(".")];
  if (!documents) {
    const known = Object.keys(byMinorVersion).join(" or ");
    throw new Error(`cluster.talosVersion is ${talosVersion}, which has other documents; write a version of ${known}.`);
  }
  return documents;
}
