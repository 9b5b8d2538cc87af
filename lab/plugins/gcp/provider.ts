import type { Failure } from "../protocol/provider";
import { type Properties, text } from "../protocol/values";
import type { TokenSchema } from "../schema/model";
import { NpmPackage } from "../schema/npmPackage";
import type { ReplacementRules } from "../typedProvider";
import { callWorld } from "../world";
import { WorldBacked } from "../worldBacked";
import { gcpReplacements, gcpUpdates } from "./replacements";

/** Resources that have no name of their own to make up. */
const nameless = /^gcp:projects\/|IAM(Binding|Member|Policy):/;

export class GcpProvider extends WorldBacked {
  protected readonly service = "gcp";
  private readonly pkg = new NpmPackage("@pulumi/gcp");
  private config: Properties = {};

  get version(): string {
    return this.pkg.version;
  }

  configure(config: Properties): Promise<void> {
    this.config = config;
    return Promise.resolve();
  }

  /** The provider's own settings, with the token that its own requests carry. */
  async invoke(token: string): Promise<{ outputs: Properties; failures: Failure[] }> {
    if (token !== "gcp:organizations/getClientConfig:getClientConfig") {
      throw new Error(`The lab does not have the function ${token}.`);
    }
    const setting = (name: string): string => text(this.config, name) ?? "";
    const place = { project: setting("project"), region: setting("region"), zone: setting("zone") };
    const accessToken = await callWorld("gcp.token", {});
    const id = `projects/${place.project}/regions/${place.region}/zones/${place.zone}`;
    return { outputs: { id, accessToken, defaultLabels: {}, ...place }, failures: [] };
  }

  protected override context(): Properties {
    const { project, region, zone } = this.config;
    const given = { project, region, zone };
    return {
      provider: Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as Properties,
    };
  }

  protected namesItself(type: string): boolean {
    return !nameless.test(type);
  }

  protected resourceSchema(type: string): Promise<TokenSchema | undefined> {
    return this.pkg.resource(type);
  }

  protected providerSchema(): Promise<TokenSchema | undefined> {
    return this.pkg.provider();
  }

  protected replacementRules(type: string): ReplacementRules {
    return { replaces: gcpReplacements[type] ?? [], updates: gcpUpdates[type] };
  }
}
