import { isObject, type Properties, secret, type Value } from "../protocol/values";
import type { ObjectSpec, TokenSchema, TypeSpec } from "./model";

/** Outputs with the mark of secrecy on whatever the provider itself declares secret, at every depth. */
export function markSecrets(schema: TokenSchema, outputs: Properties): Properties {
  const mark = (type: TypeSpec, value: Value): Value => {
    if (type.kind === "array" && Array.isArray(value)) return value.map((item) => mark(type.items, item));
    if (!isObject(value)) return value;
    if (type.kind === "map") {
      return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, mark(type.values, inner)]));
    }
    return type.kind === "object" ? object(schema.types[type.ref] ?? {}, value) : value;
  };
  const object = (spec: ObjectSpec, value: Properties): Properties =>
    Object.fromEntries(
      Object.entries(value).map(([name, inner]) => {
        const property = spec[name];
        if (!property) return [name, inner];
        return [name, property.secret ? secret(inner) : mark(property.type, inner)];
      }),
    );
  return object(schema.outputs, outputs);
}
