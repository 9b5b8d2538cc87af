import { parseAllDocuments, stringify } from "yaml";

/** A machine config's documents by kind and name; the first one has no kind. */
function documentsOf(config: string): Map<string, unknown> {
  const documents = parseAllDocuments(config).map((document) => document.toJS() as { kind?: string; name?: string });
  return new Map(
    documents.map((document) => [`${document.kind ?? "v1alpha1"} ${document.name ?? ""}`.trim(), document]),
  );
}

/**
 * What a patched machine config has that the one Talos generates has not, as YAML: the patches' yield, without secrets and
 * without Talos' own defaults.
 */
export function yieldOf(generated: string, patched: string): string {
  const before = documentsOf(generated);
  const after = [...documentsOf(patched)].map(([key, value]): [string, unknown] => [
    key,
    difference(before.get(key), value),
  ]);
  return stringify(Object.fromEntries(after.filter(([, value]) => value !== undefined)), { lineWidth: 0 });
}

function difference(before: unknown, after: unknown): unknown {
  if (isMapping(before) && isMapping(after)) {
    const entries = Object.entries(after)
      .map(([key, value]): [string, unknown] => [key, difference(before[key], value)])
      .filter(([, value]) => value !== undefined);
    return entries.length > 0 ? Object.fromEntries(entries) : undefined;
  }
  return JSON.stringify(before) === JSON.stringify(after) ? undefined : after;
}

function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
