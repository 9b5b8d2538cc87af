import { showName } from "./show";

/** The namespace of this program's settings in Pulumi.<stack>.yaml. */
export const namespace = "talos-cloud-edge";

export type Path = readonly PropertyKey[];

/** A field as the user writes it: `talos-cloud-edge:sites[0].nodes[1].mac`. */
export function fieldName(path: Path): string {
  const [first, ...rest] = path.map((key) => (typeof key === "symbol" ? key.toString() : key));
  if (first === undefined) return namespace;
  return rest.reduce<string>(
    (name, key) => {
      if (typeof key === "number") return `${name}[${String(key)}]`;
      const shown = showName(key);
      return shown === key ? `${name}.${key}` : `${name}[${shown}]`;
    },
    `${namespace}:${showName(String(first))}`,
  );
}
