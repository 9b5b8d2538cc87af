import { randomBytes, randomInt, randomUUID } from "node:crypto";
import type { Known, ResourceRef, Run } from "../protocol/provider";
import { type Properties, text } from "../protocol/values";
import { markSecrets } from "../schema/secrets";
import type { TokenSchema } from "../schema/model";
import { NpmPackage } from "../schema/npmPackage";
import { plainInputs, type ReplacementRules, TypedProvider } from "../typedProvider";
import { characters, identifier } from "./generate";

/** Everything is drawn once, in this process, and lives in the state alone. */
export class RandomProvider extends TypedProvider {
  private readonly pkg = new NpmPackage("@pulumi/random");

  get version(): string {
    return this.pkg.version;
  }

  configure(): Promise<void> {
    return Promise.resolve();
  }

  async create(resource: ResourceRef, inputs: Properties, run: Run): Promise<{ id: string; outputs: Properties }> {
    const schema = await this.schemaOf(resource.type);
    const plain = plainInputs(inputs);
    if (run.preview) return { id: "", outputs: plain };
    const { id, outputs } = draw(resource.type, plain);
    return { id, outputs: markSecrets(schema, { ...plain, ...outputs }) };
  }

  async read(resource: ResourceRef, known: Known): Promise<Known | undefined> {
    const schema = await this.schemaOf(resource.type);
    if (Object.keys(known.outputs).length === 0) throw new Error(`The lab cannot import ${resource.type}.`);
    return { ...known, outputs: markSecrets(schema, known.outputs) };
  }

  update(_resource: ResourceRef, known: Known): Promise<Properties> {
    return Promise.resolve(known.outputs);
  }

  delete(): Promise<void> {
    return Promise.resolve();
  }

  protected namesItself(): boolean {
    return false;
  }

  protected resourceSchema(type: string): Promise<TokenSchema | undefined> {
    return this.pkg.resource(type);
  }

  protected providerSchema(): Promise<TokenSchema | undefined> {
    return this.pkg.provider();
  }

  protected replacementRules(): ReplacementRules {
    return { replaces: ["*"] };
  }
}

function draw(type: string, inputs: Properties): { id: string; outputs: Properties } {
  switch (type) {
    case "random:index/randomId:RandomId":
      return identifier(randomBytes(Number(inputs.byteLength)), text(inputs, "prefix") ?? "");
    case "random:index/randomUuid:RandomUuid": {
      const result = randomUUID();
      return { id: result, outputs: { result } };
    }
    case "random:index/randomString:RandomString": {
      const result = characters(inputs, randomInt);
      return { id: result, outputs: { result } };
    }
    case "random:index/randomPassword:RandomPassword":
      // The provider keeps no id from which the password could be read.
      return { id: "none", outputs: { result: characters(inputs, randomInt) } };
    default:
      throw new Error(`The lab does not have ${type}.`);
  }
}
