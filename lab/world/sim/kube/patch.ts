/** The four ways to patch an object. */
import { clone, isObject, remove } from "../../json";
import type { JsonObject } from "../../json";
import { WorldError } from "../../world";

/** Lists that are merged element by element, by the field that names an element; all other lists are replaced whole. */
const MERGE_KEYS: Record<string, string[]> = {
  containers: ["name"],
  initContainers: ["name"],
  env: ["name"],
  volumes: ["name"],
  volumeMounts: ["mountPath"],
  ports: ["containerPort", "port"],
  conditions: ["type"],
  taints: ["key"],
  addresses: ["type"],
  ownerReferences: ["uid"],
};

/** RFC 7386: null removes, maps merge, everything else replaces. */
export function mergePatch(target: unknown, patch: unknown): unknown {
  return merge(target, patch, () => undefined);
}

/** Kubernetes' own: as a merge patch, but lists of named things merge too. */
export function strategicPatch(target: unknown, patch: unknown): unknown {
  return merge(target, patch, (field) => MERGE_KEYS[field]);
}

/** Server-side apply: what the manager applied before and does not mention now goes away, the rest merges. */
export function applyPatch(target: unknown, before: unknown, patch: unknown): unknown {
  return strategicPatch(withdraw(clone(target), before, patch), patch);
}

type KeysOf = (field: string) => string[] | undefined;

function merge(target: unknown, patch: unknown, keysOf: KeysOf): unknown {
  if (!isObject(patch)) return clone(patch);
  const result: JsonObject = isObject(target) ? clone(target) : {};
  for (const [field, value] of Object.entries(patch)) {
    const keys = keysOf(field);
    if (value === null) remove(result, field);
    else if (keys && Array.isArray(value)) result[field] = mergeList(result[field], value, keys, keysOf);
    else result[field] = merge(result[field], value, keysOf);
  }
  return result;
}

function mergeList(target: unknown, patch: unknown[], keys: string[], keysOf: KeysOf): unknown[] {
  const result = Array.isArray(target) ? clone(target as unknown[]) : [];
  for (const element of patch) {
    const index = result.findIndex((candidate) => isSame(candidate, element, keys));
    if (isObject(element) && element.$patch === "delete") {
      if (index >= 0) result.splice(index, 1);
    } else if (index >= 0) result[index] = merge(result[index], element, keysOf);
    else result.push(clone(element));
  }
  return result;
}

const isSame = (a: unknown, b: unknown, keys: string[]): boolean =>
  isObject(a) && isObject(b) && keys.some((key) => a[key] !== undefined && a[key] === b[key]);

function withdraw(target: unknown, before: unknown, now: unknown): unknown {
  if (!isObject(target) || !isObject(before)) return target;
  const kept = isObject(now) ? now : {};
  for (const [field, value] of Object.entries(before)) {
    const keys = MERGE_KEYS[field];
    const list = target[field];
    if (keys && Array.isArray(value) && Array.isArray(list)) {
      const wanted = kept[field];
      const gone = value.filter(
        (element) => !(Array.isArray(wanted) && wanted.some((other) => isSame(element, other, keys))),
      );
      target[field] = list.filter((element) => !gone.some((other) => isSame(element, other, keys)));
    } else if (!(field in kept)) {
      if (isObject(value) && isObject(list)) {
        withdraw(list, value, {});
        if (Object.keys(list).length === 0) remove(target, field);
      } else remove(target, field);
    } else withdraw(list, value, kept[field]);
  }
  return target;
}

/** RFC 6902. */
export function jsonPatch(target: unknown, operations: unknown): unknown {
  if (!Array.isArray(operations)) throw new WorldError("a JSON patch is a list of operations", 400);
  const root = { "": clone(target) };
  for (const operation of operations) {
    if (!isObject(operation)) throw new WorldError("an operation of a JSON patch is an object", 400);
    operate(root, operation);
  }
  return root[""];
}

function operate(root: JsonObject, operation: JsonObject): void {
  const path = ["", ...String(operation.path).split("/").slice(1)].map((part) =>
    part.replaceAll("~1", "/").replaceAll("~0", "~"),
  );
  const last = path.pop() ?? "";
  let parent: unknown = root;
  for (const part of path)
    parent = Array.isArray(parent) ? (parent[Number(part)] as unknown) : isObject(parent) ? parent[part] : undefined;
  const missing = new WorldError(`the server rejected our request: path ${String(operation.path)} does not exist`, 422);
  if (Array.isArray(parent)) {
    const list = parent as unknown[];
    const index = last === "-" ? list.length : Number(last);
    if (operation.op === "add") list.splice(index, 0, operation.value);
    else if (index >= list.length) throw missing;
    else if (operation.op === "replace") list[index] = operation.value;
    else if (operation.op === "remove") list.splice(index, 1);
  } else if (isObject(parent)) {
    if (operation.op !== "add" && !(last in parent)) throw missing;
    if (operation.op === "remove") remove(parent, last);
    else if (operation.op !== "test") parent[last] = operation.value;
  } else throw missing;
}
