import type { Checked, Difference, Failure, Known, ResourceRef, Run } from "../protocol/provider";
import { type Properties, text } from "../protocol/values";
import type { TokenSchema } from "../schema/model";
import type { PackageSchema } from "../schema/packageSchema";
import { markSecrets } from "../schema/secrets";
import { validate } from "../schema/validate";
import { previewOutputs, type ReplacementRules, TypedProvider } from "../typedProvider";
import { invocations } from "./invocations";
import { clusterKubeconfig, machineBootstrap, machineConfigurationApply } from "./nodeResources";
import type { TalosResource } from "./resource";
import { defaultFactoryUrl, imageFactorySchematic } from "./schematicResource";
import { machineSecretsResource } from "./secretsResource";

/** The Talos provider: what needs only Talos' code is done by the real talosctl, what needs a node by the lab's world. */
export class TalosProvider extends TypedProvider {
  private factoryUrl = defaultFactoryUrl;
  private readonly resources: Record<string, TalosResource> = {
    "talos:index/machineSecrets:MachineSecrets": machineSecretsResource,
    "talos:index/machineConfigurationApply:MachineConfigurationApply": machineConfigurationApply,
    "talos:index/machineBootstrap:MachineBootstrap": machineBootstrap,
    "talos:index/clusterKubeconfig:ClusterKubeconfig": clusterKubeconfig,
    "talos:index/imageFactorySchematic:ImageFactorySchematic": imageFactorySchematic(() => this.factoryUrl),
  };

  constructor(private readonly schema: PackageSchema) {
    super();
  }

  get version(): string {
    return this.schema.version;
  }

  configure(config: Properties): Promise<void> {
    this.factoryUrl = text(config, "imageFactoryUrl") ?? defaultFactoryUrl;
    return Promise.resolve();
  }

  override async check(resource: ResourceRef, olds: Properties, news: Properties, seed: Buffer): Promise<Checked> {
    const { inputs, failures } = await super.check(resource, olds, news, seed);
    return { inputs, failures: [...failures, ...(this.kind(resource.type).refuse?.(inputs) ?? [])] };
  }

  override async diff(resource: ResourceRef, known: Known, news: Properties): Promise<Difference> {
    const result = await super.diff(resource, known, news);
    return this.kind(resource.type).adjust?.(known, news, result) ?? result;
  }

  async create(resource: ResourceRef, inputs: Properties, run: Run): Promise<{ id: string; outputs: Properties }> {
    if (run.preview) return { id: "", outputs: inputs };
    const { id, outputs } = await this.kind(resource.type).create(inputs, run);
    return { id, outputs: await this.marked(resource, outputs) };
  }

  async read(resource: ResourceRef, known: Known): Promise<Known | undefined> {
    if (Object.keys(known.outputs).length > 0) {
      // The provider reads nothing back: what it made lives in the state.
      return { ...known, outputs: await this.marked(resource, known.outputs) };
    }
    const kind = this.kind(resource.type);
    if (!kind.adopt) throw new Error(`${resource.type} cannot be imported.`);
    const adopted = await kind.adopt(known.id);
    return { ...adopted, outputs: await this.marked(resource, adopted.outputs) };
  }

  async update(resource: ResourceRef, known: Known, news: Properties, run: Run): Promise<Properties> {
    const outputs = run.preview ? previewOutputs(known, news) : await this.kind(resource.type).update(known, news, run);
    return this.marked(resource, outputs);
  }

  delete(): Promise<void> {
    return Promise.resolve();
  }

  async invoke(token: string, args: Properties, run: Run): Promise<{ outputs: Properties; failures: Failure[] }> {
    const schema = this.schema.invocation(token);
    const invocation = invocations[token];
    if (!schema || !invocation) throw new Error(`The lab does not have the function ${token}.`);
    const failures = validate(schema, args);
    if (failures.length > 0) return { outputs: {}, failures };
    return { outputs: markSecrets(schema, { ...args, ...(await invocation(args, run)) }), failures };
  }

  protected namesItself(): boolean {
    return false;
  }

  protected resourceSchema(type: string): Promise<TokenSchema | undefined> {
    return Promise.resolve(this.schema.resource(type));
  }

  protected providerSchema(): Promise<TokenSchema | undefined> {
    return Promise.resolve(this.schema.provider());
  }

  protected replacementRules(type: string): ReplacementRules {
    return this.kind(type).rules;
  }

  private kind(type: string): TalosResource {
    const kind = this.resources[type];
    if (!kind) throw new Error(`The lab does not have ${type}.`);
    return kind;
  }

  private async marked(resource: ResourceRef, outputs: Properties): Promise<Properties> {
    return markSecrets(await this.schemaOf(resource.type), outputs);
  }
}
