import { createHash, randomBytes } from "node:crypto";
import { changesBetween, covers, difference } from "./difference";
import type { Checked, Difference, Failure, Known, Provider, ResourceRef, Run } from "./protocol/provider";
import { type Properties, stringList, text } from "./protocol/values";
import type { TokenSchema } from "./schema/model";
import { validate } from "./schema/validate";

/** Inputs that the provider filled in by itself, as bridged providers record them. */
const defaultsKey = "__defaults";

/** Which changes make a new resource; paths as in `covers`. */
export interface ReplacementRules {
  replaces: readonly string[];
  /** Exceptions, where almost everything replaces. */
  updates?: readonly string[];
}

/** What providers with a typed schema have in common: strict checks, names made up where none is given, differences by rules. */
export abstract class TypedProvider implements Provider {
  abstract readonly version: string;

  protected abstract resourceSchema(type: string): Promise<TokenSchema | undefined>;
  protected abstract providerSchema(): Promise<TokenSchema | undefined>;
  /** Whether the provider makes a name up where none is given. */
  protected abstract namesItself(type: string): boolean;
  protected abstract replacementRules(type: string, schema: TokenSchema): ReplacementRules;

  abstract configure(config: Properties): Promise<void>;
  abstract create(resource: ResourceRef, inputs: Properties, run: Run): Promise<{ id: string; outputs: Properties }>;
  abstract read(resource: ResourceRef, known: Known, run: Run): Promise<Known | undefined>;
  abstract update(resource: ResourceRef, known: Known, news: Properties, run: Run): Promise<Properties>;
  abstract delete(resource: ResourceRef, known: Known, run: Run): Promise<void>;

  async checkConfig(config: Properties): Promise<Failure[]> {
    const schema = await this.providerSchema();
    return schema ? validate(schema, decodeConfig(config, schema)) : [];
  }

  async check(resource: ResourceRef, olds: Properties, news: Properties, seed: Buffer): Promise<Checked> {
    const schema = await this.schemaOf(resource.type);
    const inputs = { ...news };
    const name = schema.inputs.name;
    if (name?.type.kind === "string" && !name.required && !("name" in inputs) && this.namesItself(resource.type)) {
      inputs.name = hasMadeUpName(olds) ? (olds.name ?? null) : madeUpName(resource.name, seed);
      inputs[defaultsKey] = ["name"];
    }
    return { inputs, failures: validate(schema, inputs) };
  }

  async diff(resource: ResourceRef, known: Known, news: Properties): Promise<Difference> {
    const schema = await this.schemaOf(resource.type);
    const { replaces, updates } = this.replacementRules(resource.type, schema);
    const declared = Object.entries(schema.inputs).filter(([, property]) => property.replaces);
    const rules = [...replaces, ...declared.map(([name]) => name)];
    const result = difference(changesBetween(known.inputs, news), rules, updates);
    // Two resources cannot have one name at the same time, unless the name was made up.
    const sameName = "name" in news && news.name === known.inputs.name && !hasMadeUpName(known.inputs);
    return { ...result, deleteBeforeReplace: sameName && result.changes.some((change) => change.replaces) };
  }

  protected async schemaOf(type: string): Promise<TokenSchema> {
    const schema = await this.resourceSchema(type);
    if (!schema) throw new Error(`There is no resource type ${type} in version ${this.version} of its package.`);
    return schema;
  }
}

/** Inputs without what was recorded for our own use. */
export function plainInputs(inputs: Properties): Properties {
  return Object.fromEntries(Object.entries(inputs).filter(([name]) => !name.startsWith("__")));
}

/** Inputs as read back, with the marks of the inputs that were recorded. */
export function withMarks(inputs: Properties, recorded: Properties): Properties {
  return defaultsKey in recorded ? { ...inputs, [defaultsKey]: recorded[defaultsKey] ?? null } : inputs;
}

/** Outputs while the change is only previewed: what is recorded and stays, under the new inputs. */
export function previewOutputs(known: Known, news: Properties): Properties {
  const kept = Object.entries(known.outputs).filter(([name]) => !(name in known.inputs) || name in news);
  return { ...Object.fromEntries(kept), ...plainInputs(news) };
}

function hasMadeUpName(inputs: Properties): boolean {
  return covers(stringList(inputs[defaultsKey]), "name") && text(inputs, "name") !== undefined;
}

function madeUpName(name: string, seed: Buffer): string {
  const bytes = seed.length > 0 ? createHash("sha256").update(seed).update(name).digest() : randomBytes(8);
  return `${name}-${bytes.toString("hex").slice(0, 7)}`;
}

/** The SDK sends provider settings that are not strings as JSON text. */
export function decodeConfig(config: Properties, schema: TokenSchema): Properties {
  return Object.fromEntries(
    Object.entries(config)
      .filter(([name]) => name in schema.inputs || !["version", "pluginDownloadURL"].includes(name))
      .map(([name, value]) => {
        const kind = schema.inputs[name]?.type.kind;
        if (typeof value !== "string" || kind === undefined || kind === "string" || kind === "any")
          return [name, value];
        try {
          return [name, JSON.parse(value) as Properties];
        } catch {
          return [name, value];
        }
      }),
  );
}
