import type { Known, ResourceRef, Run } from "../protocol/provider";
import type { Properties } from "../protocol/values";
import type { TokenSchema } from "../schema/model";
import { NpmPackage } from "../schema/npmPackage";
import { markSecrets } from "../schema/secrets";
import { decodeConfig, previewOutputs, type ReplacementRules, TypedProvider } from "../typedProvider";
import { acl } from "./acl";
import { TailscaleApi, tailscaleSettings } from "./api";
import type { TailscaleResource } from "./resource";
import { tailnetKey } from "./tailnetKey";

/** The Tailscale provider, over the same REST API as the real one. In the lab the world answers in Tailscale's place. */
export class TailscaleProvider extends TypedProvider {
  private readonly pkg = new NpmPackage("@pulumi/tailscale");
  private api = new TailscaleApi(tailscaleSettings({}, process.env));

  get version(): string {
    return this.pkg.version;
  }

  async configure(config: Properties): Promise<void> {
    const schema = await this.providerSchema();
    this.api = new TailscaleApi(tailscaleSettings(schema ? decodeConfig(config, schema) : config, process.env));
  }

  async create(resource: ResourceRef, inputs: Properties, run: Run): Promise<{ id: string; outputs: Properties }> {
    if (run.preview) return { id: "", outputs: inputs };
    const { id, outputs } = await this.kind(resource.type).create(inputs);
    return { id, outputs: await this.marked(resource, outputs) };
  }

  async read(resource: ResourceRef, known: Known): Promise<Known | undefined> {
    const found = await this.kind(resource.type).read(known);
    return found && { ...found, outputs: await this.marked(resource, found.outputs) };
  }

  async update(resource: ResourceRef, known: Known, news: Properties, run: Run): Promise<Properties> {
    const outputs = run.preview ? previewOutputs(known, news) : await this.kind(resource.type).update(known, news);
    return this.marked(resource, outputs);
  }

  delete(resource: ResourceRef, known: Known): Promise<void> {
    return this.kind(resource.type).delete(known);
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

  protected replacementRules(type: string): ReplacementRules {
    return this.kind(type);
  }

  private kind(type: string): TailscaleResource {
    switch (type) {
      case "tailscale:index/tailnetKey:TailnetKey":
        return tailnetKey(this.api);
      case "tailscale:index/acl:Acl":
        return acl(this.api);
      default:
        throw new Error(`The lab does not have ${type}.`);
    }
  }

  private async marked(resource: ResourceRef, outputs: Properties): Promise<Properties> {
    return markSecrets(await this.schemaOf(resource.type), outputs);
  }
}
