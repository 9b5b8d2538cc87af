import type { Rule } from "./rule";

const minor = (version: string): number => Number(version.split(".")[1]);

const talosVersion: Rule = ({ cluster }) =>
  /^v1\.12\./.test(cluster.talosVersion)
    ? []
    : [
        `talos-cloud-edge:cluster.talosVersion is ${cluster.talosVersion}, but the machine configs written here are those of Talos v1.12; write a release of it, for example v1.12.4.`,
      ];

const kubernetesVersion: Rule = ({ cluster }) =>
  minor(cluster.kubernetesVersion) >= 30 && minor(cluster.kubernetesVersion) <= 35
    ? []
    : [
        `talos-cloud-edge:cluster.kubernetesVersion is ${cluster.kubernetesVersion}, but Talos v1.12 runs Kubernetes 1.30 to 1.35; write for example 1.35.0.`,
      ];

const places = ["cloud", "edge"] as const;

const extensionNames: Rule = ({ images }) =>
  places.flatMap((place) =>
    images[place].extensions.flatMap((extension, index) => {
      if (/^[a-z0-9-]+\/[a-z0-9._-]+$/.test(extension)) return [];
      const field = `talos-cloud-edge:images.${place}.extensions[${String(index)}]`;
      const meant = /^[a-z0-9._-]+$/.test(extension)
        ? `did you mean siderolabs/${extension}?`
        : "write for example siderolabs/tailscale.";
      return [`${field} is ${JSON.stringify(extension)}, but an extension's name has its owner in front; ${meant}`];
    }),
  );

const tailscaleExtension: Rule = ({ images }) =>
  places
    .filter((place) => !images[place].extensions.includes("siderolabs/tailscale"))
    .map(
      (place) =>
        `talos-cloud-edge:images.${place}.extensions lacks siderolabs/tailscale, without which a node can't join the tailnet; write extensions: ${JSON.stringify([...images[place].extensions, "siderolabs/tailscale"])}.`,
    );

export const imageRules = [talosVersion, kubernetesVersion, extensionNames, tailscaleExtension];
