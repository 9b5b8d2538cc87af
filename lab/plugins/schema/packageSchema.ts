/** Reads a Pulumi package schema (JSON), as the generated local packages keep it. */
import { readFileSync } from "node:fs";
import type { ObjectSpec, TokenSchema, TypeSpec } from "./model";

interface JsonProperty {
  type?: string;
  $ref?: string;
  items?: JsonProperty;
  additionalProperties?: JsonProperty;
  oneOf?: JsonProperty[];
  secret?: boolean;
}

interface JsonObject {
  properties?: Record<string, JsonProperty>;
  required?: string[];
}

interface JsonPackage {
  name: string;
  version: string;
  provider: { inputProperties?: Record<string, JsonProperty>; requiredInputs?: string[] };
  types: Record<string, JsonObject>;
  resources: Record<string, JsonObject & { inputProperties?: Record<string, JsonProperty>; requiredInputs?: string[] }>;
  functions: Record<string, { inputs?: JsonObject; outputs?: JsonObject }>;
}

export class PackageSchema {
  private readonly source: JsonPackage;
  private readonly types: Record<string, ObjectSpec>;

  constructor(file: string) {
    this.source = JSON.parse(readFileSync(file, "utf8")) as JsonPackage;
    this.types = Object.fromEntries(
      Object.entries(this.source.types).map(([name, type]) => [name, objectSpec(type.properties, type.required)]),
    );
  }

  get version(): string {
    return this.source.version;
  }

  resource(token: string): TokenSchema | undefined {
    const resource = this.source.resources[token];
    if (!resource) return undefined;
    return {
      token,
      inputs: objectSpec(resource.inputProperties, resource.requiredInputs),
      outputs: objectSpec(resource.properties, resource.required),
      types: this.types,
    };
  }

  invocation(token: string): TokenSchema | undefined {
    const invocation = this.source.functions[token];
    if (!invocation) return undefined;
    return {
      token,
      inputs: objectSpec(invocation.inputs?.properties, invocation.inputs?.required),
      outputs: objectSpec(invocation.outputs?.properties, invocation.outputs?.required),
      types: this.types,
    };
  }

  provider(): TokenSchema {
    const { inputProperties, requiredInputs } = this.source.provider;
    return {
      token: `pulumi:providers:${this.source.name}`,
      inputs: objectSpec(inputProperties, requiredInputs),
      outputs: {},
      types: this.types,
    };
  }
}

function objectSpec(properties: Record<string, JsonProperty> = {}, required: string[] = []): ObjectSpec {
  return Object.fromEntries(
    Object.entries(properties).map(([name, property]) => [
      name,
      {
        type: typeSpec(property),
        required: required.includes(name),
        ...(property.secret ? { secret: true as const } : {}),
      },
    ]),
  );
}

function typeSpec(property: JsonProperty): TypeSpec {
  if (property.oneOf) return { kind: "union", members: property.oneOf.map(typeSpec) };
  if (property.$ref) {
    const local = /^#\/types\/(.+)$/.exec(property.$ref)?.[1];
    return local ? { kind: "object", ref: decodeURIComponent(local) } : { kind: "any" };
  }
  switch (property.type) {
    case "string":
    case "boolean":
    case "number":
      return { kind: property.type };
    case "integer":
      return { kind: "number" };
    case "array":
      return { kind: "array", items: property.items ? typeSpec(property.items) : { kind: "any" } };
    case "object":
      return {
        kind: "map",
        values: property.additionalProperties ? typeSpec(property.additionalProperties) : { kind: "any" },
      };
    default:
      return { kind: "any" };
  }
}
