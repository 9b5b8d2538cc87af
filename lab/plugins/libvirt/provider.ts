import type { Known, ResourceRef, Run } from "../protocol/provider";
import type { Properties } from "../protocol/values";
import type { TokenSchema } from "../schema/model";
import type { PackageSchema } from "../schema/packageSchema";
import type { ReplacementRules } from "../typedProvider";
import { WorldBacked } from "../worldBacked";
import { cloudinitDisk, hasImage, removeImage, writeImage } from "./cloudinitDisk";
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

  configure(config: Properties): Promise<void> {
    this.uri = typeof config.uri === "string" ? config.uri : (process.env.LIBVIRT_DEFAULT_URI ?? defaultUri);
    return Promise.resolve();
  }

  override async create(resource: ResourceRef, inputs: Properties, run: Run) {
    const made = await super.create(resource, inputs, run);
    if (resource.type === cloudinitDisk && !run.preview) writeImage(made.outputs);
    return made;
  }

  override async read(resource: ResourceRef, known: Known, run: Run): Promise<Known | undefined> {
    // The provider takes an image for gone whose file is not on this machine.
    if (resource.type === cloudinitDisk && !hasImage(known.outputs)) return undefined;
    return super.read(resource, known, run);
  }

  override async delete(resource: ResourceRef, known: Known, run: Run): Promise<void> {
    await super.delete(resource, known, run);
    if (resource.type === cloudinitDisk) removeImage(known.outputs);
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
