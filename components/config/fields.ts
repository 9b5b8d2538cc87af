/** The schema as a tree of fields, for whoever explains it: the sentences about mistakes and the configuration page. */
import { z } from "zod";
import type { Path } from "./paths";
import { stackSchema } from "./schema";

export interface Field {
  type?: string;
  description?: string;
  /** Completes "must be …". */
  form?: string;
  default?: unknown;
  examples?: unknown[];
  enum?: string[];
  const?: string;
  pattern?: string;
  maxLength?: number;
  minimum?: number;
  maximum?: number;
  properties?: Record<string, Field>;
  required?: string[];
  items?: Field;
  additionalProperties?: Field | false;
  oneOf?: Field[];
}

/** The whole configuration as one field. */
export const root: Field = z.toJSONSchema(stackSchema, { io: "input" }) as Field;

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function valueAt(value: unknown, path: Path): unknown {
  return path.reduce<unknown>((inner, key) => {
    const holds = (isRecord(inner) || Array.isArray(inner)) && Object.hasOwn(inner, key);
    return holds ? (inner as Record<PropertyKey, unknown>)[key] : undefined;
  }, value);
}

/** Of a choice between groups, the one that the value's own constants (`kind: lvm`) select; otherwise the first. */
function chosen(field: Field, value: unknown): Field {
  const selects = (group: Field): boolean =>
    Object.entries(group.properties ?? {}).every(
      ([name, inner]) => inner.const === undefined || valueAt(value, [name]) === inner.const,
    );
  return field.oneOf?.find(selects) ?? field.oneOf?.[0] ?? field;
}

/** The field that tells the groups of a choice apart, as one field with all its constants; of other fields nothing. */
function discriminator(field: Field, key: PropertyKey): Field | undefined {
  const groups = field.oneOf?.map((group) => group.properties?.[String(key)]) ?? [];
  const values = groups.flatMap((inner) => inner?.const ?? []);
  if (groups.length === 0 || values.length < groups.length) return undefined;
  return { enum: values, description: groups.map((inner) => inner?.description).join(" ") };
}

/** What the schema says of the field at `path`; `value` is the configuration as written, which decides between groups. */
export function fieldAt(path: Path, value: unknown): Field | undefined {
  let field: Field | undefined = root;
  path.forEach((key, depth) => {
    if (field === undefined) return;
    const told = discriminator(field, key);
    if (told !== undefined) {
      field = told;
      return;
    }
    const group: Field = chosen(field, valueAt(value, path.slice(0, depth)));
    if (typeof key === "number") {
      field = group.items;
    } else if (group.properties !== undefined) {
      field = Object.hasOwn(group.properties, key) ? group.properties[String(key)] : undefined;
    } else {
      field = group.additionalProperties === false ? undefined : group.additionalProperties;
    }
  });
  return field;
}

/** Names of the fields that the group at `path` takes. */
export function fieldNames(path: Path, value: unknown): string[] {
  const field = fieldAt(path, value);
  return field === undefined ? [] : Object.keys(chosen(field, valueAt(value, path)).properties ?? {});
}

export interface NamedField {
  /** As in `sites[].nodes[].mac`. */
  name: string;
  field: Field;
  required: boolean;
}

/** The fields directly in a group, or in the entries of a list of groups. */
export function childrenOf(field: Field, name = ""): NamedField[] {
  const entry = field.items ?? field;
  const prefix = name === "" ? "" : `${name}${field.items === undefined ? "" : "[]"}.`;
  return (entry.oneOf ?? [entry]).flatMap((group, place) =>
    Object.entries(group.properties ?? {}).flatMap(([key, own]) => {
      const told = discriminator(entry, key);
      const required = group.required?.includes(key) ?? false;
      return told !== undefined && place > 0 ? [] : [{ name: `${prefix}${key}`, field: told ?? own, required }];
    }),
  );
}

/** Every field in the order of the schema, a group before what is in it. */
export function allFields(field: Field = root, name = ""): NamedField[] {
  return childrenOf(field, name).flatMap((child) => [child, ...allFields(child.field, child.name)]);
}
