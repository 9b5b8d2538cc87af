import { readFileSync } from "node:fs";
import * as path from "node:path";
import { parseAllDocuments, stringify } from "yaml";

/** What a placeholder may stand for: a scalar, or a whole list or mapping. */
export type PatchValue = string | number | boolean | readonly PatchValue[] | { readonly [key: string]: PatchValue };

export type PatchValues = Readonly<Record<string, PatchValue>>;

const placeholder = /\$\{([A-Za-z][A-Za-z0-9]*)\}/g;

/** The text of `patches/<name>.yaml`. */
export function readPatch(name: string): string {
  return readFileSync(path.join(__dirname, "..", "..", "patches", `${name}.yaml`), "utf8");
}

/**
 * Fills the `${name}` placeholders of a YAML text. The text is parsed first and filled after, so no value can change
 * the structure around it, whatever characters it has. Comments stay behind.
 */
export function fillPatch(text: string, values: PatchValues): string {
  const used = new Set<string>();
  const valueOf = (name: string): PatchValue => {
    const value = Object.hasOwn(values, name) ? values[name] : undefined;
    if (value === undefined) {
      throw new Error(`The patch has a placeholder \${${name}}, but no value was given for it.`);
    }
    used.add(name);
    return value;
  };

  const documents = parseAllDocuments(text).map((document) => {
    const mistake = document.errors[0];
    if (mistake) throw new Error(`The patch is not valid YAML: ${mistake.message}`);
    return fillNode(document.toJS(), valueOf);
  });

  const unused = Object.keys(values).filter((name) => !used.has(name));
  if (unused.length > 0) {
    const names = unused.map((name) => `\${${name}}`).join(", ");
    throw new Error(`The patch has no placeholder ${names}, but a value was given for it.`);
  }
  return documents.map(patchText).join("---\n");
}

/** One document as YAML. Version 1.1 quotes words such as `off`, which older parsers take for a boolean. */
function patchText(document: unknown): string {
  return stringify(document, { version: "1.1", lineWidth: 0 });
}

function fillNode(node: unknown, valueOf: (name: string) => PatchValue): unknown {
  if (typeof node === "string") return fillString(node, valueOf);
  if (Array.isArray(node)) return node.map((item) => fillNode(item, valueOf));
  if (typeof node === "object" && node !== null) {
    return Object.fromEntries(Object.entries(node).map(([key, value]) => [key, fillNode(value, valueOf)]));
  }
  return node;
}

/** A string that is nothing but a placeholder becomes the value itself; within a longer string its text goes in. */
function fillString(text: string, valueOf: (name: string) => PatchValue): PatchValue {
  const whole = new RegExp(`^${placeholder.source}$`).exec(text)?.[1];
  if (whole !== undefined) return valueOf(whole);
  return text.replace(placeholder, (_match, name: string) => {
    const value = valueOf(name);
    if (typeof value === "object") {
      throw new Error(`The placeholder \${${name}} stands within a string, so its value can't be a list or a mapping.`);
    }
    return String(value);
  });
}
