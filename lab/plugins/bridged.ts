import { existsSync, readFileSync } from "node:fs";
import * as path from "node:path";
import { checkoutRoot } from "./checkout";
import type { Checked, Difference, Failure, Known, Provider, ResourceRef, Run } from "./protocol/provider";
import { isObject, objectAt, type Properties, text, type Value } from "./protocol/values";
import { PackageSchema } from "./schema/packageSchema";

const packages = ["talos", "libvirt"];

/** Stands in for Pulumi's bridge to any Terraform provider: the engine names the package first, and then talks to that one. */
export class BridgedProvider implements Provider {
  readonly version: string;
  private served: Provider | undefined;

  constructor(private readonly root = checkoutRoot()) {
    const manifest = JSON.parse(readFileSync(path.join(root, "sdks/talos/package.json"), "utf8")) as {
      pulumi: { version: string };
    };
    this.version = manifest.pulumi.version;
  }

  async parameterize(name: string, version: string, parameter: Buffer): Promise<{ name: string; version: string }> {
    // The engine does not always tell the package's version, but the parameter names it.
    const wanted = remote(parameter);
    const exact = wanted.version ?? version;
    const file = path.join(this.root, "sdks", "schemas", `${name}-${exact}.json`);
    if (!packages.includes(name) || !existsSync(file)) {
      const asked = `${wanted.url ?? name} ${exact}`;
      throw new Error(
        `The lab has no Terraform provider ${asked}; it has ${packages.join(" and ")}, as in sdks/schemas.`,
      );
    }
    const schema = new PackageSchema(file);
    this.served =
      name === "talos"
        ? new (await import("./talos/provider")).TalosProvider(schema)
        : new (await import("./libvirt/provider")).LibvirtProvider(schema);
    return { name, version: exact };
  }

  checkConfig(config: Properties): Promise<Failure[]> {
    return this.provider.checkConfig(config);
  }

  configure(config: Properties): Promise<void> {
    return this.provider.configure(config);
  }

  check(resource: ResourceRef, olds: Properties, news: Properties, seed: Buffer): Promise<Checked> {
    return this.provider.check(resource, olds, news, seed);
  }

  diff(resource: ResourceRef, known: Known, news: Properties): Promise<Difference> {
    return this.provider.diff(resource, known, news);
  }

  create(resource: ResourceRef, inputs: Properties, run: Run): Promise<{ id: string; outputs: Properties }> {
    return this.provider.create(resource, inputs, run);
  }

  read(resource: ResourceRef, known: Known, run: Run): Promise<Known | undefined> {
    return this.provider.read(resource, known, run);
  }

  update(resource: ResourceRef, known: Known, news: Properties, run: Run): Promise<Properties> {
    return this.provider.update(resource, known, news, run);
  }

  delete(resource: ResourceRef, known: Known, run: Run): Promise<void> {
    return this.provider.delete(resource, known, run);
  }

  invoke(token: string, args: Properties, run: Run): Promise<{ outputs: Properties; failures: Failure[] }> {
    const { provider } = this;
    if (!provider.invoke) return Promise.reject(new Error(`The lab does not have the function ${token}.`));
    return provider.invoke(token, args, run);
  }

  private get provider(): Provider {
    if (!this.served) throw new Error("The engine did not say which Terraform provider it wants.");
    return this.served;
  }
}

/** The provider's address in its registry and its version, from the parameter that the generated package carries. */
function remote(parameter: Buffer): { url?: string; version?: string } {
  try {
    const value = JSON.parse(parameter.toString("utf8")) as Value;
    const address = isObject(value) ? objectAt(value, "remote") : {};
    return { url: text(address, "url"), version: text(address, "version") };
  } catch {
    return {};
  }
}
