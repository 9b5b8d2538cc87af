import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { declaredAt, NpmPackage, schemaCacheDir } from "../../../lab/plugins/schema/npmPackage";

const cache = mkdtempSync(path.join(os.tmpdir(), "schemas-"));
afterAll(() => {
  rmSync(cache, { recursive: true });
});

async function schemaOf(npmName: string, token: string) {
  const schema = await new NpmPackage(npmName, cache).resource(token);
  if (!schema) throw new Error(`no ${token}`);
  return schema;
}

describe("schemas read from the declarations of the npm packages", () => {
  it("reads a GCE instance with what is nested in it", async () => {
    const { inputs, types } = await schemaOf("@pulumi/gcp", "gcp:compute/instance:Instance");
    expect(inputs.machineType).toEqual({ type: { kind: "string" }, required: true });
    expect(inputs.bootDisk).toEqual({ type: { kind: "object", ref: "compute.InstanceBootDisk" }, required: true });
    expect(inputs.metadata).toEqual({ type: { kind: "map", values: { kind: "string" } }, required: false });
    expect(inputs.networkInterfaces?.type).toEqual({
      kind: "array",
      items: { kind: "object", ref: "compute.InstanceNetworkInterface" },
    });
    expect(types["compute.InstanceBootDiskInitializeParams"]?.size).toEqual({
      type: { kind: "number" },
      required: false,
    });
    expect(types["compute.InstanceNetworkInterfaceAccessConfig"]?.natIp?.type).toEqual({ kind: "string" });
  });

  it("takes from the documentation what makes a new instance", async () => {
    const { inputs } = await schemaOf("@pulumi/gcp", "gcp:compute/instance:Instance");
    const replaces = Object.entries(inputs).flatMap(([name, property]) => (property.replaces ? [name] : []));
    expect(replaces).toEqual(["hostname", "metadataStartupScript", "name", "resourcePolicies"]);
  });

  it("reads a bucket and an object's asset", async () => {
    const bucket = await schemaOf("@pulumi/gcp", "gcp:storage/bucket:Bucket");
    expect(bucket.inputs.location).toEqual({ type: { kind: "string" }, required: true });
    expect(bucket.types["storage.BucketLifecycleRule"]?.action?.required).toBe(true);
    const object = await schemaOf("@pulumi/gcp", "gcp:storage/bucketObject:BucketObject");
    expect(object.inputs.source).toEqual({ type: { kind: "asset" }, required: false });
  });

  it("reads a DaemonSet down to its containers", async () => {
    const { inputs, types } = await schemaOf("@pulumi/kubernetes", "kubernetes:apps/v1:DaemonSet");
    expect(inputs.kind?.type).toEqual({ kind: "literal", value: "DaemonSet" });
    expect(inputs.spec).toEqual({ type: { kind: "object", ref: "apps.v1.DaemonSetSpec" }, required: true });
    expect(types["apps.v1.DaemonSetSpec"]?.template).toEqual({
      type: { kind: "object", ref: "core.v1.PodTemplateSpec" },
      required: true,
    });
    expect(types["core.v1.Container"]?.name).toEqual({ type: { kind: "string" }, required: true });
    expect(types["core.v1.HTTPGetAction"]?.port?.type).toEqual({
      kind: "union",
      members: [{ kind: "number" }, { kind: "string" }],
    });
  });

  it("reads secret outputs and keys of maps from small packages", async () => {
    const key = await schemaOf("@pulumi/tailscale", "tailscale:index/tailnetKey:TailnetKey");
    expect(Object.keys(key.inputs)).toContain("preauthorized");
    expect(key.outputs).toEqual({ key: { type: { kind: "any" }, required: false, secret: true } });
    const password = await schemaOf("@pulumi/random", "random:index/randomPassword:RandomPassword");
    expect(Object.keys(password.outputs)).toEqual(["bcryptHash", "result"]);
    const id = await schemaOf("@pulumi/random", "random:index/randomId:RandomId");
    expect(id.inputs.keepers?.type).toEqual({ kind: "map", values: { kind: "string" } });
    expect(id.inputs.byteLength?.required).toBe(true);
  });

  it("reads the settings of a provider, which may be top-level types", async () => {
    const schema = await new NpmPackage("@pulumi/kubernetes", cache).provider();
    expect(schema?.inputs.kubeconfig?.type).toEqual({ kind: "string" });
    expect(schema?.types.KubeClientSettings?.burst?.type).toEqual({ kind: "number" });
  });

  it("knows no resource that the package does not have", async () => {
    const pkg = new NpmPackage("@pulumi/gcp", cache);
    await expect(pkg.resource("gcp:compute/spaceship:Spaceship")).resolves.toBeUndefined();
    await expect(pkg.resource("gcp")).resolves.toBeUndefined();
  });

  it("keeps what it read, and reads a damaged copy anew", async () => {
    await schemaOf("@pulumi/random", "random:index/randomUuid:RandomUuid");
    const [folder = ""] = readdirSync(cache).filter((name) => name.startsWith("random@4.21.2-"));
    const file = path.join(cache, folder, "random_index_randomUuid_RandomUuid.json");
    const kept = readFileSync(file, "utf8");
    writeFileSync(file, "{");
    await schemaOf("@pulumi/random", "random:index/randomUuid:RandomUuid");
    expect(readFileSync(file, "utf8")).toBe(kept);
  });

  it.each([
    ["gcp:compute/instance:Instance", "compute/instance", "InstanceArgs"],
    ["kubernetes:core/v1:Namespace", "core/v1/namespace", "NamespaceArgs"],
    ["kubernetes:rbac.authorization.k8s.io/v1:ClusterRole", "rbac/v1/clusterRole", "ClusterRoleArgs"],
    ["random:index/randomId:RandomId", "randomId", "RandomIdArgs"],
  ])("finds %s in %s", (token, file, args) => {
    expect(declaredAt(token)).toMatchObject({ file, args });
  });

  it.each([
    [{ TALOS_CLOUD_EDGE_CACHE: "/own" }, "/own/schemas"],
    [{ XDG_CACHE_HOME: "/cache" }, "/cache/talos-cloud-edge/schemas"],
  ])("keeps them outside the checkout: %j", (env, dir) => {
    expect(schemaCacheDir(env)).toBe(dir);
  });
});
