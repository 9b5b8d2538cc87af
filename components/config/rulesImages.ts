import { didYouMean } from "./nearest";
import { fieldName } from "./paths";
import type { Rule } from "./rule";
import { lookAlike, show } from "./show";

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

/** Those that everybody has here: near misses of them are told, while other names are the Factory's to know. */
const wellKnown = ["siderolabs/tailscale", "siderolabs/qemu-guest-agent"];

/** How an extension's name was probably meant. */
function meant(extension: string): string | undefined {
  if (wellKnown.includes(extension)) return undefined;
  const withOwner = extension.includes("/") ? extension : `siderolabs/${extension}`;
  return didYouMean(withOwner, wellKnown);
}

const extensionNames: Rule = ({ images }) =>
  places.flatMap((place) =>
    images[place].extensions.flatMap((extension, index) => {
      const field = `talos-cloud-edge:images.${place}.extensions[${String(index)}] is ${show(extension)}`;
      const near = meant(extension);
      if (/^[a-z0-9-]+\/[a-z0-9._-]+$/.test(extension)) {
        return near === undefined ? [] : [`${field}, which is no extension; did you mean ${near}?`];
      }
      const better = near ?? (/^[a-z0-9._-]+$/.test(extension) ? `siderolabs/${extension}` : undefined);
      const advice = better === undefined ? "write for example siderolabs/tailscale." : `did you mean ${better}?`;
      return [`${field}${lookAlike(extension)}, but an extension's name has its owner in front; ${advice}`];
    }),
  );

const tailscaleExtension: Rule = ({ images }) =>
  places
    .filter((place) => !images[place].extensions.some((name) => (meant(name) ?? name) === "siderolabs/tailscale"))
    .map(
      (place) =>
        `talos-cloud-edge:images.${place}.extensions lacks siderolabs/tailscale, without which a node can't join the tailnet; write extensions: ${show([...images[place].extensions, "siderolabs/tailscale"])}.`,
    );

/** Kernel command lines and image names are plain ASCII, and the Factory's id is a hash over these very bytes. */
const plainText: Rule = ({ images }) =>
  places.flatMap((place) => {
    const { extraKernelArgs, overlay } = images[place];
    const texts = [
      ...extraKernelArgs.map((text, index) => ({ text, path: ["extraKernelArgs", index] })),
      ...Object.entries(overlay ?? {}).map(([key, text]) => ({ text, path: ["overlay", key] })),
    ];
    return texts
      .filter(({ text }) => !/^[!-~]([ -~]*[!-~])?$/.test(text))
      .map(
        ({ text, path }) =>
          `${fieldName(["images", place, ...path])} is ${show(text)}${lookAlike(text)}, but must be plain ASCII text on one line without spaces at its ends; write it so, or leave it out.`,
      );
  });

export const imageRules = [talosVersion, kubernetesVersion, extensionNames, tailscaleExtension, plainText];
