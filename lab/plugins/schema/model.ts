/** What a package says about the properties of one resource or function. */
export type TypeSpec =
  | { kind: "string" | "number" | "boolean" | "any" | "asset" }
  | { kind: "literal"; value: string | number | boolean }
  | { kind: "array"; items: TypeSpec }
  | { kind: "map"; values: TypeSpec }
  /** An object type of the same schema, by its name in `types`. */
  | { kind: "object"; ref: string }
  | { kind: "union"; members: TypeSpec[] };

export interface PropertySpec {
  type: TypeSpec;
  required: boolean;
  /** The provider itself keeps the value secret. */
  secret?: true;
  /** The package's documentation says that a change makes a new resource. */
  replaces?: true;
}

export type ObjectSpec = Record<string, PropertySpec>;

export interface TokenSchema {
  token: string;
  inputs: ObjectSpec;
  /** Outputs that differ in shape from inputs, or carry secrets, by name. */
  outputs: ObjectSpec;
  types: Record<string, ObjectSpec>;
}
