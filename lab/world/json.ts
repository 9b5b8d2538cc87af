/** Reading of JSON whose shape is not known: missing parts read as undefined or empty, never as an exception. */
export type JsonObject = Record<string, unknown>;

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

export function at(value: unknown, ...path: (string | number)[]): unknown {
  let current = value;
  for (const key of path) {
    if (Array.isArray(current) && typeof key === "number") current = current[key] as unknown;
    else if (isObject(current)) current = current[String(key)];
    else return undefined;
  }
  return current;
}

export function objectAt(value: unknown, ...path: (string | number)[]): JsonObject {
  const found = at(value, ...path);
  return isObject(found) ? found : {};
}

export function listAt(value: unknown, ...path: (string | number)[]): unknown[] {
  const found = at(value, ...path);
  return Array.isArray(found) ? found : [];
}

/** The text there; undefined when there is none or it is empty. */
export function textAt(value: unknown, ...path: (string | number)[]): string | undefined {
  const found = at(value, ...path);
  return typeof found === "string" && found !== "" ? found : undefined;
}

export function numberAt(value: unknown, ...path: (string | number)[]): number | undefined {
  const found = at(value, ...path);
  return typeof found === "number" ? found : undefined;
}

export const flagAt = (value: unknown, ...path: (string | number)[]): boolean => at(value, ...path) === true;

/** The entries whose values are texts; other scalars are written out. */
export function textsAt(value: unknown, ...path: (string | number)[]): Record<string, string> {
  const texts: Record<string, string> = {};
  for (const [key, entry] of Object.entries(objectAt(value, ...path))) {
    if (typeof entry === "string") texts[key] = entry;
    else if (typeof entry === "number" || typeof entry === "boolean") texts[key] = String(entry);
  }
  return texts;
}

export const textsIn = (value: unknown, ...path: (string | number)[]): string[] =>
  listAt(value, ...path).filter((entry): entry is string => typeof entry === "string");

/** Removes a key of a record that serves as a map. */
export function remove(record: object, key: string): void {
  Reflect.deleteProperty(record, key);
}

export const clone = <T>(value: T): T => structuredClone(value);
