import type { Architecture } from "../config/schema";

/** Which file of the Factory: GCE imports a tarball, other platforms boot an ISO or a compressed raw disk. */
export type BootImageKind =
  { platform: "gcp"; format: "raw.tar.gz" } | { platform: "metal" | "nocloud"; format: "iso" | "raw.xz" };

export type BootImageArgs = BootImageKind & {
  /** Base URL of the Image Factory. */
  factoryUrl: string;
  /** Id of a registered schematic: the Factory answers 404 for any other. */
  schematicId: string;
  /** Talos version with its `v`. */
  talosVersion: string;
  architecture: Architecture;
};

export function bootImageUrl(args: BootImageArgs): string {
  const { factoryUrl, schematicId, talosVersion, platform, architecture, format } = args;
  const base = factoryUrl.replace(/\/+$/, "");
  return `${base}/image/${schematicId}/${talosVersion}/${platform}-${architecture}.${format}`;
}

export type InstallerImageArgs = Pick<BootImageArgs, "factoryUrl" | "schematicId" | "talosVersion" | "platform">;

/**
 * The container image that installs and upgrades a node. It is the Factory's for the same schematic and never the stock installer, which
 * holds no extensions: a node upgraded with that one comes back without Tailscale and is lost. It is of the platform that the node booted as,
 * since the installer writes the kernel arguments: with another one's, a node would look for its config elsewhere after a reset.
 */
export function installerImage(args: InstallerImageArgs): string {
  return `${new URL(args.factoryUrl).host}/${args.platform}-installer/${args.schematicId}:${args.talosVersion}`;
}
