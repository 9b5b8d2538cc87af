import { describe, expect, it } from "vitest";
import { type Properties, unknown } from "../../../lab/plugins/protocol/values";
import type { TokenSchema } from "../../../lab/plugins/schema/model";
import { PackageSchema } from "../../../lab/plugins/schema/packageSchema";
import { markSecrets } from "../../../lab/plugins/schema/secrets";
import { validate } from "../../../lab/plugins/schema/validate";

const schema: TokenSchema = {
  token: "x:y:Z",
  inputs: {
    name: { type: { kind: "string" }, required: true },
    size: { type: { kind: "number" }, required: false },
    tags: { type: { kind: "array", items: { kind: "string" } }, required: false },
    labels: { type: { kind: "map", values: { kind: "string" } }, required: false },
    disk: { type: { kind: "object", ref: "Disk" }, required: false },
    port: { type: { kind: "union", members: [{ kind: "number" }, { kind: "string" }] }, required: false },
    kind: { type: { kind: "literal", value: "Job" }, required: false },
    source: { type: { kind: "asset" }, required: false },
  },
  outputs: {
    password: { type: { kind: "string" }, required: true, secret: true },
    disks: { type: { kind: "array", items: { kind: "object", ref: "Disk" } }, required: true },
  },
  types: {
    Disk: {
      image: { type: { kind: "string" }, required: true },
      key: { type: { kind: "string" }, required: false, secret: true },
    },
  },
};

const asset = { "4dabf18193072939515e22adb298388d": "c44067f5952c0a294b673a41bacd8c17", hash: "1", text: "x" };

describe("validate", () => {
  it.each<[string, Properties, string[]]>([
    [
      "complete inputs",
      { name: "a", size: 1, tags: ["t"], labels: { a: "b" }, disk: { image: "i" }, port: "http" },
      [],
    ],
    ["values that are not known yet", { name: unknown, size: unknown, disk: { image: unknown }, tags: unknown }, []],
    ["what the server noted for itself", { name: "a", __defaults: ["name"] }, []],
    ["an asset", { name: "a", source: asset }, []],
    ["a missing property", {}, ["Missing required property 'name'."]],
    ["a missing nested property", { name: "a", disk: {} }, ["Missing required property 'disk.image'."]],
    ["a misspelt property", { name: "a", siez: 3 }, ["Unknown property 'siez'; did you mean 'size'?"]],
    ["an unknown property", { name: "a", colour: "red" }, ["Unknown property 'colour'."]],
    [
      "a misspelt nested property",
      { name: "a", disk: { image: "i", imgae: "i" } },
      ["Unknown property 'disk.imgae'; did you mean 'image'?"],
    ],
    ["text for a number", { name: "a", size: "3" }, ["Property 'size' must be a number, but is a string."]],
    [
      "an item of the wrong type",
      { name: "a", tags: ["t", 2] },
      ["Property 'tags[1]' must be a string, but is a number."],
    ],
    ["text for a list", { name: "a", tags: "t" }, ["Property 'tags' must be a list, but is a string."]],
    [
      "a label of the wrong type",
      { name: "a", labels: { "a/b": true } },
      [`Property 'labels["a/b"]' must be a string, but is a boolean.`],
    ],
    [
      "none of several types",
      { name: "a", port: true },
      ["Property 'port' must be a number or a string, but is a boolean."],
    ],
    ["another literal", { name: "a", kind: "job" }, [`Property 'kind' must be "Job", but is a string.`]],
    [
      "text for an asset",
      { name: "a", source: "x" },
      ["Property 'source' must be an asset or archive, but is a string."],
    ],
  ])("judges %s", (_what, inputs, reasons) => {
    expect(validate(schema, inputs).map(({ reason }) => reason)).toEqual(reasons);
  });

  it("never shows a value", () => {
    const [failure] = validate(schema, { name: "a", size: "tskey-auth-secret" });
    expect(failure?.reason).not.toContain("tskey");
  });
});

describe("package schemas of the Terraform providers", () => {
  const libvirt = new PackageSchema("sdks/schemas/libvirt-0.9.7.json");
  const talos = new PackageSchema("sdks/schemas/talos-0.11.0.json");

  it("refuses what libvirt's domain does not have", () => {
    const domain = libvirt.resource("libvirt:index/domain:Domain");
    if (!domain) throw new Error("no domain");
    expect(validate(domain, { type: "kvm", memory: 2048, vcpu: 2, devices: { disks: [{ device: "disk" }] } })).toEqual(
      [],
    );
    expect(validate(domain, { type: "kvm", vcpus: 2, device: {} }).map(({ reason }) => reason)).toEqual([
      "Property 'vcpus' must be an object, but is a number.",
      "Unknown property 'device'; did you mean 'devices'?",
    ]);
  });

  it("marks what Talos keeps secret, at every depth", () => {
    const secrets = talos.resource("talos:index/machineSecrets:MachineSecrets");
    if (!secrets) throw new Error("no secrets");
    const outputs = { talosVersion: "v1.12.0", machineSecrets: { certs: { os: { cert: "c", key: "k" } } } };
    expect(markSecrets(secrets, outputs)).toEqual({
      talosVersion: "v1.12.0",
      machineSecrets: {
        certs: {
          os: {
            cert: "c",
            key: { "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", value: "k" },
          },
        },
      },
    });
  });

  it("knows functions and provider settings", () => {
    expect(talos.invocation("talos:index/getClusterHealth:getClusterHealth")?.inputs.endpoints?.required).toBe(true);
    expect(libvirt.provider().inputs.uri?.type).toEqual({ kind: "string" });
    expect(talos.resource("talos:index/nothing:Nothing")).toBeUndefined();
  });
});

it("marks secrets in lists of objects", () => {
  expect(markSecrets(schema, { disks: [{ image: "i", key: "k" }] })).toEqual({
    disks: [
      { image: "i", key: { "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", value: "k" } },
    ],
  });
});
