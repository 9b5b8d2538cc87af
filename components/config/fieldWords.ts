/** What a field takes, in words and by example. */
import type { Field } from "./fields";

/** Above this, a bound is the number type's own and not the field's. */
const unbounded = 2 ** 32;

function numberForm({ minimum, maximum }: Field): string {
  const bounded = maximum !== undefined && maximum < unbounded;
  if (minimum !== undefined && bounded) return `a whole number from ${String(minimum)} to ${String(maximum)}`;
  return minimum !== undefined && minimum > -unbounded
    ? `a whole number, ${String(minimum)} or more`
    : "a whole number";
}

/** Completes "must be …". */
export function formOf(field: Field): string {
  if (field.form !== undefined) return field.form;
  if (field.enum !== undefined) return field.enum.join(" or ");
  if (field.const !== undefined) return field.const;
  if (field.oneOf !== undefined || field.properties !== undefined) return "a group of fields";
  switch (field.type) {
    case "integer":
      return numberForm(field);
    case "boolean":
      return "true or false";
    case "array":
      return "a list";
    case "object":
      return "a group of names with a text each";
    default:
      return "text";
  }
}

function groupExample(group: Field): Record<string, unknown> {
  const names = group.required ?? Object.keys(group.properties ?? {}).slice(0, 1);
  return Object.fromEntries(names.map((name) => [name, exampleOf(group.properties?.[name] ?? {})]));
}

/** A value that the field takes, if there is a telling one. */
export function exampleOf(field: Field): unknown {
  const given = field.examples?.[0] ?? field.const ?? field.enum?.[0];
  if (given !== undefined) return given;
  const group = field.oneOf?.[0] ?? field;
  if (group.properties !== undefined) return groupExample(group);
  if (Array.isArray(field.default) && field.default.length > 0) return field.default;
  if (field.items !== undefined) {
    const item = exampleOf(field.items);
    return item === undefined ? undefined : [item];
  }
  return field.type === "object" ? { rack: "r1" } : field.default;
}

/** Ways in which people write a value that this program wants otherwise. */
const respellings: ((text: string) => string)[] = [
  (text) => text.normalize("NFKC").replace(/\p{C}/gu, ""),
  (text) => text.replace(/\b0+(?=\d)/g, ""),
  (text) => text.trim().toLowerCase(),
  (text) => text.toLowerCase().replaceAll("-", ":"),
  (text) => text.replace(/^v/, ""),
  (text) => text.replace(/^https?:\/\/([^/]*).*$/, "$1"),
  (text) => text.replace(/-[a-z]$/, ""),
  (text) => text.replace(/-(\d+)$/, "$1"),
  (text) => text.replaceAll("_", "-").replace(/([a-z])(\d+)$/, "$1-$2"),
  (text) => text.replace(/^ssh:\/\//, "").replace(/:\d+$/, ""),
  (text) => text.replace(/^(localhost|127\.0\.0\.1)$/, "local"),
];

const prefixes = ["v", "tag:", "root@", "/dev/"];

/** Texts close to `text` that the field might take: only names have a longest length, and only some examples have a prefix. */
function respelled(field: Field, text: string): string[] {
  const example = exampleOf(field);
  const prefixed = prefixes.filter((prefix) => typeof example === "string" && example.startsWith(prefix));
  return [
    ...respellings.map((respell) => respell(text)),
    ...(field.maxLength === undefined ? [] : [text.toLowerCase().replace(/[^a-z0-9-]+/g, "-")]),
    ...prefixed.map((prefix) => prefix + text),
  ];
}

/** A longer text was no slip of the hand. */
const longestAdvice = 80;

/** The same value as the field wants it: another spelling of a text, a quoted number, an unquoted one. */
export function betterSpelling(field: Field, value: unknown): string | undefined {
  if (field.type === "string" && typeof value === "string" && field.pattern !== undefined) {
    const wanted = new RegExp(field.pattern);
    const fits = (text: string): boolean =>
      wanted.test(text) && text.length <= Math.min(field.maxLength ?? Infinity, longestAdvice);
    return respelled(field, value).find((text) => text !== value && fits(text));
  }
  if (field.type === "string" && field.pattern === undefined && ["number", "boolean"].includes(typeof value)) {
    return `"${String(value)}" (with quotes)`;
  }
  if (field.type === "integer" && typeof value === "string" && /^\d{1,9}$/.test(value)) {
    const fits = Number(value) >= (field.minimum ?? 0) && Number(value) <= (field.maximum ?? unbounded);
    return fits ? `${value} (without quotes)` : undefined;
  }
  return field.type === "boolean" && (value === "true" || value === "false") ? `${value} (without quotes)` : undefined;
}
