import { createHash } from "node:crypto";
import type { ImageConfig } from "../config/schema";
import { scalar } from "./scalar";

/** Extensions in the order and number that they have in the id: a set, so listing them another way gives no other image. */
function sortedExtensions(image: ImageConfig): string[] {
  return [...new Set(image.extensions)].sort();
}

function list(key: string, indent: string, items: string[]): string[] {
  return items.length === 0 ? [] : [`${indent}${key}:`, ...items.map((item) => `${indent}    - ${scalar(item)}`)];
}

/**
 * The image's schematic as the Image Factory itself writes it: four spaces a level, overlay first, empty parts left out. The order of
 * kernel arguments is kept, as a later one may override an earlier one.
 */
export function schematicYaml(image: ImageConfig): string {
  const { overlay } = image;
  const overlayLines =
    overlay === undefined
      ? []
      : ["overlay:", `    image: ${scalar(overlay.image)}`, `    name: ${scalar(overlay.name)}`];
  const extensionLines = list("officialExtensions", "        ", sortedExtensions(image));
  const customization = [
    ...list("extraKernelArgs", "    ", image.extraKernelArgs),
    ...(extensionLines.length === 0 ? [] : ["    systemExtensions:", ...extensionLines]),
  ];
  const lines = [
    ...overlayLines,
    customization.length === 0 ? "customization: {}" : "customization:",
    ...customization,
  ];
  return `${lines.join("\n")}\n`;
}

/** The schematic's id: SHA-256 of its canonical YAML, in hex. The Factory computes the same from the same content. */
export function schematicId(image: ImageConfig): string {
  return createHash("sha256").update(schematicYaml(image)).digest("hex");
}

/**
 * One sentence when the id written beside the names is not the id of those names.
 *
 * @param field - Path of the image in the configuration, such as `talos-cloud-edge:images.cloud`.
 */
export function checkSchematicId(field: string, image: ImageConfig): string | undefined {
  const expected = image.schematicId;
  if (expected === undefined) {
    return undefined;
  }
  const computed = schematicId(image);
  if (expected === computed) {
    return undefined;
  }
  const extensions = sortedExtensions(image);
  const content = [
    extensions.length === 0 ? "no extension" : extensions.join(" and "),
    ...(image.extraKernelArgs.length === 0 ? [] : [`kernel arguments "${image.extraKernelArgs.join(" ")}"`]),
    ...(image.overlay === undefined ? [] : [`overlay ${image.overlay.name}`]),
  ].join(", ");
  return `${field}.schematicId is ${expected}, but what stands beside it (${content}) has the id ${computed}; write that id, or leave schematicId out.`;
}
