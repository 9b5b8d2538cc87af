import { createHash } from "node:crypto";
import { changesBetween, difference } from "../difference";
import {
  type Checked,
  type Difference,
  type Failure,
  type Known,
  NotReady,
  type Provider,
  type ResourceRef,
  type Run,
} from "../protocol/provider";
import { type Properties, secret, text } from "../protocol/values";
import { NpmPackage } from "../schema/npmPackage";
import { validate } from "../schema/validate";
import { decodeConfig, previewOutputs } from "../typedProvider";
import { ApiError, ClusterUnreachable, type KubernetesClient } from "./client";
import { annotation, collectionPath, type KindRef, kindRef, nameOf, objectId, objectName } from "./kinds";
import { inputsFromLive, inputsOfImport, mergePatch, outputsOf } from "./manifest";
import { isAutonamed, named } from "./naming";
import { readiness } from "./readiness";
import { replacementsOf } from "./replacements";
import { readSettings, type Settings } from "./settings";
import { decodeYaml } from "./yaml";
import { type Awaited, untilGone, untilReady } from "./waiting";

/** The Kubernetes provider over the API of any cluster: the world's, or a real one. */
export class KubernetesProvider implements Provider {
  private readonly pkg = new NpmPackage("@pulumi/kubernetes");
  private settings: Settings = readSettings({});
  private probed = false;

  get version(): string {
    return this.pkg.version;
  }

  async checkConfig(config: Properties): Promise<Failure[]> {
    const schema = await this.pkg.provider();
    return schema ? validate(schema, decodeConfig(config, schema)) : [];
  }

  async configure(config: Properties): Promise<void> {
    const schema = await this.pkg.provider();
    this.settings = readSettings(schema ? decodeConfig(config, schema) : config);
  }

  async check(resource: ResourceRef, olds: Properties, news: Properties, seed: Buffer): Promise<Checked> {
    const { inputs, failures } = named(kindRef(resource.type), resource.name, olds, news, seed);
    const schema = await this.pkg.resource(resource.type);
    // Custom resources are typed by the cluster, not by the package.
    return { inputs, failures: [...failures, ...(schema ? validate(schema, inputs) : [])] };
  }

  async diff(resource: ResourceRef, known: Known, news: Properties): Promise<Difference> {
    const kind = kindRef(resource.type);
    const { replaces, updates } = replacementsOf(kind, this.settings.mutable);
    const result = difference(changesBetween(known.inputs, news), replaces, updates);
    if (annotation(news, "pulumi.com/replaceUnready") === "true" && (await this.hasFailed(kind, known))) {
      result.changes.push({ path: "status", kind: "update", replaces: true });
    }
    const [before, after] = [nameOf(known.inputs, ""), nameOf(news, "")];
    const sameName = before.name === after.name && before.namespace === after.namespace && !isAutonamed(news);
    return { ...result, deleteBeforeReplace: sameName && result.changes.some((change) => change.replaces) };
  }

  async create(resource: ResourceRef, inputs: Properties, run: Run): Promise<{ id: string; outputs: Properties }> {
    if (run.preview) {
      await this.probe(resource, run);
      return { id: "", outputs: inputs };
    }
    const target = this.target(resource, inputs);
    const id = objectId(target.kind, target.at);
    const live = await this.bring(resource, target);
    return { id, outputs: await this.settle(resource, id, target, live, run) };
  }

  async read(resource: ResourceRef, known: Known): Promise<Known | undefined> {
    const kind = kindRef(resource.type);
    const at = objectName(known.id, this.settings.namespace);
    try {
      const live = await this.client.get(`${collectionPath(kind, at.namespace)}/${encodeURIComponent(at.name)}`);
      if (!live) return undefined;
      const imported = Object.keys(known.inputs).length === 0;
      const inputs = imported ? inputsOfImport(live) : inputsFromLive(known.inputs, live);
      return { id: objectId(kind, at), inputs, outputs: this.outputs(kind, live) };
    } catch (error) {
      if (error instanceof ClusterUnreachable && this.settings.deleteUnreachable) return undefined;
      throw error;
    }
  }

  async update(resource: ResourceRef, known: Known, news: Properties, run: Run): Promise<Properties> {
    if (run.preview) {
      await this.probe(resource, run);
      return previewOutputs(known, news);
    }
    const target = this.target(resource, news);
    const live =
      this.settings.serverSideApply || target.kind.patch
        ? await this.apply(resource, target)
        : await this.client.patch(target.path, "application/merge-patch+json", mergePatch(known.inputs, news));
    return this.settle(resource, known.id, target, live, run);
  }

  async delete(resource: ResourceRef, known: Known, run: Run): Promise<void> {
    const manifest = Object.keys(known.inputs).length > 0 ? known.inputs : known.outputs;
    const target = { ...this.target(resource, manifest), ...this.place(resource, known.id) };
    try {
      if (target.kind.patch) await this.relinquish(resource, target);
      else {
        await this.client.delete(target.path, { propagationPolicy: "Foreground" });
        await untilGone(this.client, target, run);
      }
    } catch (error) {
      if (!(error instanceof ClusterUnreachable) || !this.settings.deleteUnreachable) throw error;
      run.log.warn(resource.urn, `${error.message}; its objects count as gone with it (deleteUnreachable).`);
    }
  }

  invoke(token: string, args: Properties): Promise<{ outputs: Properties; failures: Failure[] }> {
    if (token !== "kubernetes:yaml:decode")
      return Promise.reject(new Error(`The lab does not have the function ${token}.`));
    return Promise.resolve({ outputs: { result: decodeYaml(text(args, "text") ?? "") }, failures: [] });
  }

  private get client(): KubernetesClient {
    if (!this.settings.client)
      throw new Error("The Kubernetes provider has no kubeconfig; give it one in its arguments.");
    return this.settings.client;
  }

  private target(resource: ResourceRef, manifest: Properties): Awaited {
    const kind = kindRef(resource.type);
    const at = nameOf(manifest, this.settings.namespace);
    return { kind, at, manifest, path: `${collectionPath(kind, at.namespace)}/${encodeURIComponent(at.name)}` };
  }

  private place(resource: ResourceRef, id: string): Pick<Awaited, "at" | "path"> {
    const at = objectName(id, this.settings.namespace);
    return { at, path: `${collectionPath(kindRef(resource.type), at.namespace)}/${encodeURIComponent(at.name)}` };
  }

  private async bring(resource: ResourceRef, target: Awaited): Promise<Properties> {
    const { kind, at, manifest, path } = target;
    if (kind.patch) {
      if (!(await this.client.get(path)))
        throw new Error(`${kind.kind} ${objectId(kind, at)} is to be patched, but does not exist.`);
      return this.apply(resource, target);
    }
    if (this.settings.serverSideApply) {
      try {
        return await this.apply(resource, target);
      } catch (error) {
        // An API without server-side apply still creates.
        if (!(error instanceof ApiError) || ![404, 405, 415].includes(error.status)) throw error;
      }
    }
    return this.client.create(collectionPath(kind, at.namespace), manifest, { fieldManager: "pulumi-kubernetes" });
  }

  private apply(resource: ResourceRef, { kind, manifest, path }: Awaited): Promise<Properties> {
    const force = annotation(manifest, "pulumi.com/patchForce") === "true";
    const body = { ...manifest, apiVersion: kind.apiVersion, kind: kind.kind };
    return this.client.patch(path, "application/apply-patch+yaml", body, {
      fieldManager: fieldManager(resource, kind, manifest),
      ...(force && { force: "true" }),
    });
  }

  /** Gives up the fields that a patch resource holds; the object stays. */
  private async relinquish(resource: ResourceRef, { kind, at, manifest, path }: Awaited): Promise<void> {
    if (!(await this.client.get(path))) return;
    const metadata: Properties = kind.namespaced ? { ...at } : { name: at.name };
    const body = { apiVersion: kind.apiVersion, kind: kind.kind, metadata };
    await this.client.patch(path, "application/apply-patch+yaml", body, {
      fieldManager: fieldManager(resource, kind, manifest),
    });
  }

  private async settle(
    resource: ResourceRef,
    id: string,
    target: Awaited,
    first: Properties,
    run: Run,
  ): Promise<Properties> {
    const { live, reasons } = await untilReady(this.client, target, first, run);
    const outputs = this.outputs(target.kind, live);
    if (reasons.length > 0) throw new NotReady(id, outputs, target.manifest, reasons);
    return outputs;
  }

  private outputs(kind: KindRef, live: Properties): Properties {
    const outputs = outputsOf(live);
    if (kind.kind !== "Secret") return outputs;
    return Object.fromEntries(
      Object.entries(outputs).map(([name, value]) => [
        name,
        name === "data" || name === "stringData" ? secret(value) : value,
      ]),
    );
  }

  private async hasFailed(kind: KindRef, known: Known): Promise<boolean> {
    const { path } = this.place({ urn: "", name: "", type: `kubernetes:${kind.apiVersion}:${kind.kind}` }, known.id);
    const live = await this.client.get(path).catch(() => undefined);
    return live !== undefined && readiness(kind.kind, live).state === "failed";
  }

  /** A preview goes on without the API, but says so. */
  private async probe(resource: ResourceRef, run: Run): Promise<void> {
    if (this.probed || !this.settings.client) return;
    this.probed = true;
    try {
      await this.settings.client.get("/version", { timeoutMs: 5_000, attempts: 1 });
    } catch (error) {
      run.log.warn(resource.urn, error instanceof Error ? error.message : String(error));
    }
  }
}

function fieldManager(resource: ResourceRef, kind: KindRef, manifest: Properties): string {
  if (!kind.patch) return "pulumi-kubernetes";
  const own = createHash("sha256").update(resource.urn).digest("hex").slice(0, 8);
  return annotation(manifest, "pulumi.com/patchFieldManager") ?? `pulumi-kubernetes-${own}`;
}
