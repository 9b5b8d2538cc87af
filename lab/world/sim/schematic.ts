/**
 * A schematic's canonical YAML, as the Image Factory writes it before it hashes it: fields in its own order, four spaces, what is empty left
 * out. The id is the SHA-256 of this text.
 */
import { Document } from "yaml";
import { at, isObject, listAt, objectAt } from "../json";
import type { JsonObject } from "../json";
import { WorldError } from "../world";

const FIELDS: Record<string, string[]> = {
  "": ["overlay", "customization"],
  overlay: ["image", "name", "options"],
  customization: ["extraKernelArgs", "meta", "systemExtensions", "secureboot", "bootloader"],
  "customization.systemExtensions": ["officialExtensions"],
};

export function canonicalSchematic(schematic: JsonObject): string {
  for (const path of Object.keys(FIELDS)) refuseUnknown(schematic, path);
  const document = new Document({
    ...pick(schematic, "overlay"),
    customization: {
      ...pick(schematic, "customization", "extraKernelArgs"),
      ...pick(schematic, "customization", "meta"),
      ...(listAt(schematic, "customization", "systemExtensions", "officialExtensions").length > 0 && {
        systemExtensions: {
          officialExtensions: listAt(schematic, "customization", "systemExtensions", "officialExtensions"),
        },
      }),
      ...pick(schematic, "customization", "secureboot"),
      ...pick(schematic, "customization", "bootloader"),
    },
  });
  return document.toString({ indent: 4, lineWidth: 0 });
}

function refuseUnknown(schematic: JsonObject, path: string): void {
  const found = path === "" ? schematic : objectAt(schematic, ...path.split("."));
  const unknown = Object.keys(found).find((field) => !FIELDS[path]?.includes(field));
  if (unknown !== undefined) {
    throw new WorldError(
      `error unmarshaling schematic: yaml: unmarshal errors: field ${unknown} not found in type schematic.Schematic`,
    );
  }
}

/** The last field of the path, unless it is empty. */
function pick(from: JsonObject, ...path: string[]): JsonObject {
  const value = at(from, ...path);
  const empty =
    value === undefined ||
    value === null ||
    value === "" ||
    (Array.isArray(value) && value.length === 0) ||
    (isObject(value) && Object.keys(value).length === 0);
  return empty ? {} : { [path[path.length - 1] ?? ""]: value };
}
