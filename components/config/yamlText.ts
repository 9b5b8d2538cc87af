import { parseAllDocuments } from "yaml";

export interface YamlText {
  /** The first line that is not YAML, counted from 1. */
  badLine?: number;
  /** One for each document; `undefined` for one that can't be resolved (an alias to nothing). */
  values: unknown[];
}

export function readYaml(text: string): YamlText {
  const documents = parseAllDocuments(text, { logLevel: "error" });
  if (!Array.isArray(documents)) return { values: [] };
  const bad = documents.find((document) => document.errors.length > 0);
  if (bad !== undefined) return { badLine: bad.errors[0]?.linePos?.[0].line ?? 1, values: [] };
  return { values: documents.map(resolve) };
}

function resolve(document: { toJS(): unknown }): unknown {
  try {
    return document.toJS();
  } catch {
    return undefined;
  }
}
