/** Sentences about a wrong configuration: which field, what is wrong with it, what to write. */
import { stringify } from "yaml";
import type { z } from "zod";
import { allFields, fieldAt, fieldNames, valueAt, type Field } from "./fields";
import { betterSpelling, exampleOf, formOf } from "./fieldWords";
import { didYouMean, oneOf } from "./nearest";
import { fieldName, namespace, type Path } from "./paths";
import { lookAlike, show } from "./show";

/** The configuration can't be used; `message` is one sentence a line. */
export class ConfigMistake extends Error {
  override readonly name = "ConfigMistake";

  constructor(readonly mistakes: string[]) {
    super(mistakes.join("\n"));
  }
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
  const what =
    value === null ? "is empty, but must be" : secret ? "must be" : `is ${show(value)}${lookAlike(value)}, but must be`;
  const isAddress = formOf(field).startsWith("an IPv4");
  const form =
    isAddress && typeof value === "string" && value.includes(":")
      ? `${formOf(field)} (IPv4 only, no IPv6)`
      : formOf(field);
  return `${name} ${what} ${form}${advice(field, value, secret)}`;
}

/** Fields that are missing because their names are misspelt: the misspelling says it all. */
function misspelt(issues: readonly z.core.$ZodIssue[], raw: unknown): Set<string> {
  const meant = issues.flatMap((issue) =>
    issue.code !== "unrecognized_keys"
      ? []
      : issue.keys.flatMap((key) => {
          const name = didYouMean(key, fieldNames(issue.path, raw));
          return name === undefined ? [] : [fieldName([...issue.path, name])];
        }),
  );
  return new Set(meant);
}

/** One sentence for each thing that the schema refuses in `raw`. Values below `secretKeys` are not repeated. */
export function sentences(
  issues: readonly z.core.$ZodIssue[],
  raw: unknown,
  secretKeys: ReadonlySet<string> = new Set(),
): string[] {
  const named = misspelt(issues, raw);
  const found = issues.flatMap((issue) => {
    if (issue.code === "unrecognized_keys") return issue.keys.map((key) => unknownField(issue.path, key, raw));
    const told = valueAt(raw, issue.path) === undefined && named.has(fieldName(issue.path));
    return told ? [] : [wrongValue(issue.path, raw, secretKeys)];
  });
  return [...new Set(found)];
}
