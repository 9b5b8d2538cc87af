import type { Architecture } from "../config/schema";

/** How much of the schematic's id goes into names: 48 bits, ample to tell one project's images apart. */
const idDigits = 12;
/** The longest name that GCE takes. */
const maxLength = 63;

/**
 * Name of the compute image. Schematic, version and architecture are its key: another content gets another name, and the same content is
 * imported once.
 */
export function gcpImageName(
  clusterName: string,
  schematicId: string,
  talosVersion: string,
  architecture: Architecture,
): string {
  const key = `talos-${talosVersion.replaceAll(".", "-")}-${architecture}-${schematicId.slice(0, idDigits)}`;
  return `${shortened(clusterName, key)}-${key}`;
}

/** Family of a cluster's images; GCE resolves it to the newest one. */
export function gcpImageFamily(clusterName: string, architecture: Architecture): string {
  const key = `talos-${architecture}`;
  return `${shortened(clusterName, key)}-${key}`;
}

/** The cluster's name cut so that the key after it stays whole. */
function shortened(clusterName: string, key: string): string {
  return clusterName.slice(0, maxLength - key.length - 1).replace(/-+$/, "");
}
