import type { Properties } from "../protocol/values";
import type { TokenSchema } from "../schema/model";
import type { PackageSchema } from "../schema/packageSchema";
import type { ReplacementRules } from "../typedProvider";
import { WorldBacked } from "../worldBacked";
import { connect } from "./connect";
import { libvirtReplacements } from "./replacements";

const defaultUri = "qemu:///system";

export class LibvirtProvider extends WorldBacked {
  protected readonly service = "libvirt";
  private uri = defaultUri;

  constructor(private readonly schema: PackageSchema) {
    super();
  }

  get version(): string {
    return this.schema.version;
  }

  async configure(config: Properties): Promise<void> {
    this.uri = typeof config.uri === "string" ? config.uri : (process.env.LIBVIRT_DEFAULT_URI ?? defaultUri);
    await connect(this.uri);
  }

  protected override context(): Properties {
    return { uri: this.uri };
  }

  protected namesItself(): boolean {
    return true;
  }

  protected resourceSchema(type: string): Promise<TokenSchema | undefined> {
    return Promise.resolve(this.schema.resource(type));
  }

  protected providerSchema(): Promise<TokenSchema | undefined> {
    return Promise.resolve(this.schema.provider());
  }

  protected replacementRules(type: string): ReplacementRules {
    return libvirtReplacements[type] ?? { replaces: [] };
  }
}
