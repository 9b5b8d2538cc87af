/** Property values as they travel between the engine and a plugin, and the marks that stand for secrets, assets and unknowns. */
export type Value = null | boolean | number | string | Value[] | { [key: string]: Value };
export type Properties = Record<string, Value>;

const signatureKey = "4dabf18193072939515e22adb298388d";
const secretSignature = "1b47061264138c4ac30d75fd1eb44270";
const assetSignatures = ["c44067f5952c0a294b673a41bacd8c17", "0def7320c3a5731c473e5ecbe6d01bc7"];

/** One mark for each kind of value that a preview cannot know yet. */
const unknownMarks = new Set([
  "04da6b54-80e4-46f7-96ec-b56ff0331ba9",
  "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
  "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
  "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
  "030794c1-ac77-496b-92df-f27374a8bd58",
  "e48ece36-62e2-4504-bad9-02848725956a",
  "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
]);

export const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

export function isObject(value: unknown): value is { [key: string]: Value } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function isUnknown(value: Value | undefined): boolean {
  return typeof value === "string" && unknownMarks.has(value);
}

export function containsUnknown(value: Value | undefined): boolean {
  if (Array.isArray(value)) return value.some(containsUnknown);
  if (isObject(value)) return Object.values(value).some(containsUnknown);
  return isUnknown(value);
}

export function isAsset(value: Value | undefined): value is { [key: string]: Value } {
  return isObject(value) && assetSignatures.some((signature) => signature === value[signatureKey]);
}

export function secret(value: Value): Value {
  return isSecret(value) ? value : { [signatureKey]: secretSignature, value };
}

export function isSecret(value: Value | undefined): value is { value: Value } {
  return isObject(value) && value[signatureKey] === secretSignature;
}

/** The value without any mark of secrecy, at every depth. */
export function unwrapSecrets(value: Value): Value {
  if (isSecret(value)) return unwrapSecrets(value.value);
  if (Array.isArray(value)) return value.map(unwrapSecrets);
  if (isObject(value))
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, unwrapSecrets(inner)]));
  return value;
}

/** Drops what is null or undefined, at every depth of objects: a property that is not there and one that is null are the same to a provider. */
export function withoutNulls(properties: Properties): Properties {
  return Object.fromEntries(
    Object.entries(properties)
      .filter(([, value]) => value !== null && (value as Value | undefined) !== undefined)
      .map(([key, value]) => [key, isObject(value) ? withoutNulls(value) : value]),
  );
}

/** A string property, or undefined where it is absent, unknown or something else. */
export function text(properties: Properties | undefined, key: string): string | undefined {
  const value = properties?.[key];
  return typeof value === "string" && !isUnknown(value) ? value : undefined;
}

/** An object property, or an empty object. */
export function objectAt(properties: Properties | undefined, key: string): Properties {
  const value = properties?.[key];
  return isObject(value) ? value : {};
}

export function stringList(value: Value | undefined): string[] {
  return Array.isArray(value) ? value.filter((item): item is string => typeof item === "string") : [];
}
