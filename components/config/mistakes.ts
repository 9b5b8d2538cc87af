/** Sentences about a wrong configuration: which field, what is wrong with it, what to write. */
import { closest, distance } from "fastest-levenshtein";
import { stringify } from "yaml";
import type { z } from "zod";
import { allFields, fieldAt, fieldNames, valueAt, type Field } from "./fields";
import { betterSpelling, exampleOf, formOf } from "./fieldWords";
import { fieldName, namespace, type Path } from "./paths";

/** The configuration can't be used; `message` is one sentence a line. */
export class ConfigMistake extends Error {
  override readonly name = "ConfigMistake";

  constructor(readonly mistakes: string[]) {
    super(mistakes.join("\n"));
  }
}

export function oneOf(values: readonly string[]): string {
  return values.length < 2 ? values.join("") : `${values.slice(0, -1).join(", ")} or ${values.at(-1) ?? ""}`;
}

/** The candidate that was probably meant, if one is near. */
export function didYouMean(word: string, candidates: readonly string[]): string | undefined {
  const longer = candidates.find((candidate) => word.length > 2 && candidate.startsWith(word));
  if (longer !== undefined) return longer;
  if (candidates.length === 0) return undefined;
  const nearest = closest(word.toLowerCase(), [...candidates]);
  const off = distance(word.toLowerCase(), nearest.toLowerCase());
  return off <= Math.max(1, Math.floor(Math.min(word.length, nearest.length) / 3)) ? nearest : undefined;
}

function unknownField(path: Path, key: string, raw: unknown): string {
  const known = fieldNames(path, raw);
  const near = didYouMean(key, known);
  if (near !== undefined) return `${fieldName([...path, key])} is not a known field; did you mean ${near}?`;
  const here = path.map((step) => (typeof step === "number" ? "[]" : `.${String(step)}`)).join("");
  const elsewhere = allFields().find(({ name }) => name.split(".").at(-1) === key);
  if (elsewhere !== undefined && `.${elsewhere.name}` !== `${here}.${key}`) {
    return `${fieldName([...path, key])} is not a known field; did you mean ${namespace}:${elsewhere.name}?`;
  }
  return `${fieldName([...path, key])} is not a known field; write ${oneOf(known)}.`;
}

/** Patches may hold keys and tokens, so they are kept out of messages like what is marked secret. */
function isSecret(path: Path, secretKeys: ReadonlySet<string>): boolean {
  return path[0] === "secretsYaml" || path.includes("patches") || secretKeys.has(String(path[0]));
}

function show(value: unknown): string {
  const text = JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 56)}...${text.at(-1) ?? ""}` : text;
}

function advice(field: Field, value: unknown, secret: boolean): string {
  const better = secret ? undefined : betterSpelling(field, value);
  if (better !== undefined) return `; did you mean ${better}?`;
  const near = secret || typeof value !== "string" ? undefined : didYouMean(value, field.enum ?? []);
  if (near !== undefined) return `; did you mean ${near}?`;
  const example = exampleOf(field);
  return example === undefined ? "." : `; write for example ${inYaml(example)}.`;
}

/** A value as one line of YAML. */
function inYaml(value: unknown): string {
  return stringify(value, { collectionStyle: "flow", lineWidth: 0 }).trim();
}

function wrongValue(path: Path, raw: unknown, secretKeys: ReadonlySet<string>): string {
  const name = fieldName(path);
  const field = fieldAt(path, raw) ?? {};
  const value = valueAt(raw, path);
  if (path.length === 0) return `${name} must be a group of fields; write for example cloud: {}.`;
  if (value === undefined) {
    const example = exampleOf(field);
    return `${name} is missing; write ${formOf(field)}${example === undefined ? "" : `, for example ${inYaml(example)}`}.`;
  }
  const secret = isSecret(path, secretKeys);
  const what = value === null ? "is empty, but must be" : secret ? "must be" : `is ${show(value)}, but must be`;
  const isAddress = formOf(field).startsWith("an IPv4");
  const form =
    isAddress && typeof value === "string" && value.includes(":")
      ? `${formOf(field)} (IPv4 only, no IPv6)`
      : formOf(field);
  return `${name} ${what} ${form}${advice(field, value, secret)}`;
}

/** One sentence for each thing that the schema refuses in `raw`. Values below `secretKeys` are not repeated. */
export function sentences(
  issues: readonly z.core.$ZodIssue[],
  raw: unknown,
  secretKeys: ReadonlySet<string> = new Set(),
): string[] {
  const found = issues.flatMap((issue) =>
    issue.code === "unrecognized_keys"
      ? issue.keys.map((key) => unknownField(issue.path, key, raw))
      : [wrongValue(issue.path, raw, secretKeys)],
  );
  return [...new Set(found)];
}
