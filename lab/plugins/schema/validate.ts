import { closest, distance } from "fastest-levenshtein";
import type { Failure } from "../protocol/provider";
import { isAsset, isObject, isUnknown, type Properties, type Value } from "../protocol/values";
import type { ObjectSpec, TokenSchema, TypeSpec } from "./model";

/** Every property that the package does not know, that has another type, or that is missing. Values that are not known yet pass. */
export function validate(schema: TokenSchema, inputs: Properties): Failure[] {
  return new Validation(schema.types).object(schema.inputs, inputs, "");
}

class Validation {
  constructor(private readonly types: Record<string, ObjectSpec>) {}

  object(spec: ObjectSpec, value: Properties, at: string): Failure[] {
    const failures: Failure[] = [];
    for (const [name, inner] of Object.entries(value)) {
      if (name.startsWith("__")) continue;
      const property = join(at, name);
      const known = spec[name];
      if (known) failures.push(...this.value(known.type, inner, property));
      else failures.push({ property, reason: `Unknown property '${property}'${suggestion(name, Object.keys(spec))}` });
    }
    for (const [name, { required }] of Object.entries(spec)) {
      const missing = (value[name] ?? null) === null;
      if (required && missing) {
        failures.push({ property: join(at, name), reason: `Missing required property '${join(at, name)}'.` });
      }
    }
    return failures;
  }

  private value(type: TypeSpec, value: Value, at: string): Failure[] {
    if (value === null || isUnknown(value) || type.kind === "any") return [];
    switch (type.kind) {
      case "array":
        if (!Array.isArray(value)) return this.mistyped(type, value, at);
        return value.flatMap((item, index) => this.value(type.items, item, `${at}[${index}]`));
      case "map":
        if (!isObject(value)) return this.mistyped(type, value, at);
        return Object.entries(value).flatMap(([key, item]) => this.value(type.values, item, join(at, key)));
      case "object":
        if (!isObject(value)) return this.mistyped(type, value, at);
        return this.object(this.types[type.ref] ?? {}, value, at);
      case "asset":
        return isAsset(value) ? [] : this.mistyped(type, value, at);
      case "union": {
        const attempts = type.members.map((member) => this.value(member, value, at));
        if (attempts.some((failures) => failures.length === 0)) return [];
        // An object says more about what is wrong with it than "is none of these".
        const objects = type.members.flatMap((member, index) =>
          member.kind === "object" ? (attempts[index] ?? []) : [],
        );
        return isObject(value) && objects.length > 0 ? objects : this.mistyped(type, value, at);
      }
      case "literal":
        return value === type.value ? [] : this.mistyped(type, value, at);
      default:
        return typeof value === type.kind ? [] : this.mistyped(type, value, at);
    }
  }

  private mistyped(type: TypeSpec, value: Value, at: string): Failure[] {
    return [{ property: at, reason: `Property '${at}' must be ${describe(type)}, but is ${kindOf(value)}.` }];
  }
}

function join(at: string, name: string): string {
  if (!/^[A-Za-z_$][\w$]*$/.test(name)) return `${at}[${JSON.stringify(name)}]`;
  return at === "" ? name : `${at}.${name}`;
}

function suggestion(name: string, candidates: string[]): string {
  if (candidates.length === 0) return ".";
  const nearest = closest(name, candidates);
  return distance(name, nearest) <= Math.max(2, Math.floor(name.length / 3)) ? `; did you mean '${nearest}'?` : ".";
}

function describe(type: TypeSpec): string {
  switch (type.kind) {
    case "string":
    case "number":
    case "boolean":
      return `a ${type.kind}`;
    case "array":
      return "a list";
    case "map":
    case "object":
      return "an object";
    case "asset":
      return "an asset or archive";
    case "literal":
      return JSON.stringify(type.value);
    case "union":
      return type.members.map(describe).join(" or ");
    case "any":
      return "any value";
  }
}

/** The kind of a value, never the value: it may be a secret. */
function kindOf(value: Value): string {
  if (Array.isArray(value)) return "a list";
  if (isAsset(value)) return "an asset";
  return isObject(value) ? "an object" : `a ${typeof value}`;
}
