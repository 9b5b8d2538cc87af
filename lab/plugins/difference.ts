import type { ChangeKind, Difference } from "./protocol/provider";
import { isAsset, isObject, isUnknown, type Properties, type Value } from "./protocol/values";

export interface Change {
  path: string;
  kind: ChangeKind;
}

/** What differs between recorded and new inputs, by the path of the smallest property that differs. */
export function changesBetween(olds: Properties, news: Properties): Change[] {
  const changes: Change[] = [];
  compareObjects(olds, news, "", changes);
  return changes;
}

function compareObjects(olds: Properties, news: Properties, at: string, changes: Change[]): void {
  for (const name of new Set([...Object.keys(olds), ...Object.keys(news)])) {
    if (name.startsWith("__")) continue;
    const path = /^[A-Za-z_$][\w$]*$/.test(name)
      ? at === ""
        ? name
        : `${at}.${name}`
      : `${at}[${JSON.stringify(name)}]`;
    compare(olds[name] ?? null, news[name] ?? null, path, changes);
  }
}

function compare(old: Value, value: Value, path: string, changes: Change[]): void {
  if (old === null && value === null) return;
  if (isUnknown(value)) changes.push({ path, kind: old === null ? "add" : "update" });
  else if (old === null) changes.push({ path, kind: "add" });
  else if (value === null) changes.push({ path, kind: "delete" });
  else if (isAsset(old) && isAsset(value)) {
    if (old.hash !== value.hash) changes.push({ path, kind: "update" });
  } else if (Array.isArray(old) && Array.isArray(value)) {
    for (let index = 0; index < Math.max(old.length, value.length); index++) {
      compare(old[index] ?? null, value[index] ?? null, `${path}[${index}]`, changes);
    }
  } else if (isObject(old) && isObject(value)) compareObjects(old, value, path, changes);
  else if (old !== value) changes.push({ path, kind: "update" });
}

/**
 * Whether a change at `path` is covered by one of `rules`: paths in which `[]` stands for every element (`networkInterfaces[].network`).
 * A rule covers what is inside its property, and a change of a whole object that contains it. `*` alone covers everything.
 */
export function covers(rules: readonly string[], path: string): boolean {
  const normal = path.replace(/\[\d+\]/g, "[]");
  return rules.some((rule) => rule === "*" || rule === normal || inside(normal, rule) || inside(rule, normal));
}

function inside(path: string, parent: string): boolean {
  return path.startsWith(parent) && /^[.[]/.test(path.slice(parent.length));
}

/** `exceptions` are rules as well, and win over `rules`. */
export function difference(
  changes: Change[],
  rules: readonly string[],
  exceptions: readonly string[] = [],
): Difference {
  return {
    changes: changes.map((change) => ({
      ...change,
      replaces: covers(rules, change.path) && !covers(exceptions, change.path),
    })),
  };
}
