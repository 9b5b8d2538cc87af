import { parseAllDocuments } from "yaml";
import { isObject, type Properties, text, type Value } from "../protocol/values";

/** The objects of a YAML stream; lists are taken apart. */
export function decodeYaml(source: string): Properties[] {
  return [...parseAllDocuments(source)].flatMap((document) => {
    const [error] = document.errors;
    if (error) throw new Error(`The YAML cannot be read: ${error.message}`);
    const value = document.toJS() as Value;
    if (!isObject(value)) return [];
    return Array.isArray(value.items) && text(value, "kind")?.endsWith("List") ? value.items.filter(isObject) : [value];
  });
}
