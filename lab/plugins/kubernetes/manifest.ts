/** What the provider sends for its inputs, and how inputs are read back from a live object. */
import { isObject, objectAt, type Properties, type Value } from "../protocol/values";

/** A merge patch that turns what was sent last into what is wanted now. */
export function mergePatch(olds: Properties, news: Properties): Properties {
  const patch: Properties = {};
  for (const name of new Set([...Object.keys(olds), ...Object.keys(news)])) {
    const [old, value] = [olds[name] ?? null, news[name] ?? null];
    if (isObject(old) && isObject(value)) {
      const inner = mergePatch(old, value);
      if (Object.keys(inner).length > 0) patch[name] = inner;
    } else if (JSON.stringify(old) !== JSON.stringify(value)) patch[name] = value;
  }
  return patch;
}

/** The live object as the state keeps it. Bookkeeping of field owners changes all the time and tells nothing. */
export function outputsOf(live: Properties): Properties {
  const metadata = Object.fromEntries(
    Object.entries(objectAt(live, "metadata")).filter(([name]) => name !== "managedFields"),
  );
  return { ...live, metadata };
}

/** Inputs as they are in the live object now: its values for every field that was given. */
export function inputsFromLive(recorded: Properties, live: Properties): Properties {
  return Object.fromEntries(
    Object.entries(recorded).flatMap(([name, old]): [string, Value][] => {
      const value = live[name];
      if (value === undefined) return keptWhenAbsent(name, old) ? [[name, old]] : [];
      return [[name, valueFromLive(old, value)]];
    }),
  );
}

function valueFromLive(old: Value, live: Value): Value {
  if (isObject(old) && isObject(live)) return inputsFromLive(old, live);
  if (Array.isArray(old) && Array.isArray(live) && old.length === live.length) {
    return old.map((item, index) => valueFromLive(item, live[index] ?? null));
  }
  return live;
}

/** The API leaves out empty values, and never shows `stringData`. */
function keptWhenAbsent(name: string, value: Value): boolean {
  if (name === "stringData" || name.startsWith("__")) return true;
  if (Array.isArray(value)) return value.length === 0;
  return isObject(value) ? Object.values(value).every((inner) => keptWhenAbsent("", inner)) : !value;
}

/** Inputs for an object that is being imported: all that its owner could have written. */
export function inputsOfImport(live: Properties): Properties {
  const metadata = objectAt(live, "metadata");
  const written = ["name", "namespace", "labels", "annotations"].filter((name) => name in metadata);
  const rest = Object.entries(live).filter(([name]) => name !== "status" && name !== "metadata");
  return {
    ...Object.fromEntries(rest),
    metadata: Object.fromEntries(written.map((name) => [name, metadata[name] ?? null])),
  };
}
