import { describe, expect, it } from "vitest";
import { changesBetween, covers, difference } from "../../../lab/plugins/difference";
import { gcpReplacements, gcpUpdates } from "../../../lab/plugins/gcp/replacements";
import { replacementsOf } from "../../../lab/plugins/kubernetes/replacements";
import { kindRef } from "../../../lab/plugins/kubernetes/kinds";
import { libvirtReplacements } from "../../../lab/plugins/libvirt/replacements";
import { type Properties, unknown } from "../../../lab/plugins/protocol/values";

describe("changesBetween", () => {
  it.each<[string, Properties, Properties, string[]]>([
    ["nothing", { a: [{ b: 1 }], c: null }, { a: [{ b: 1 }] }, []],
    ["our own notes", { __defaults: ["name"] }, {}, []],
    ["a value", { a: { b: 1 } }, { a: { b: 2 } }, ["update a.b"]],
    ["an item", { a: ["x", "y"] }, { a: ["x", "z", "w"] }, ["update a[1]", "add a[2]"]],
    ["what came and went", { a: 1 }, { b: 1 }, ["delete a", "add b"]],
    ["what is not known yet", { a: { b: 1 } }, { a: unknown }, ["update a"]],
    ["a key that is no identifier", { l: { "a/b": "1" } }, { l: { "a/b": "2" } }, [`update l["a/b"]`]],
    ["another type", { a: [1] }, { a: { b: 1 } }, ["update a"]],
  ])("finds %s", (_what, olds, news, changes) => {
    expect(changesBetween(olds, news).map(({ kind, path }) => `${kind} ${path}`)).toEqual(changes);
  });

  it("compares assets by their content", () => {
    const asset = (hash: string, path: string) => ({
      "4dabf18193072939515e22adb298388d": "c44067f5952c0a294b673a41bacd8c17",
      hash,
      path,
    });
    expect(changesBetween({ s: asset("1", "/a") }, { s: asset("1", "/b") })).toEqual([]);
    expect(changesBetween({ s: asset("1", "/a") }, { s: asset("2", "/a") })).toEqual([{ path: "s", kind: "update" }]);
  });
});

describe("covers", () => {
  it.each([
    ["zone", "zone", true],
    ["zone", "zones", false],
    ["bootDisk", "bootDisk.initializeParams.image", true],
    ["bootDisk.initializeParams.image", "bootDisk", true],
    ["networkInterfaces[].networkIp", "networkInterfaces[1].networkIp", true],
    ["networkInterfaces[].networkIp", "networkInterfaces[0].network", false],
    ["*", "anything.at[0].all", true],
  ])("rule %s, change %s: %s", (rule, path, covered) => {
    expect(covers([rule], path)).toBe(covered);
  });
});

describe("what makes a new resource", () => {
  const replaced = (rules: readonly string[] = [], exceptions: readonly string[] | undefined, path: string) =>
    difference([{ path, kind: "update" }], rules, exceptions).changes[0]?.replaces;

  it.each([
    ["gcp:compute/instance:Instance", "zone", true],
    ["gcp:compute/instance:Instance", "bootDisk.initializeParams.image", true],
    ["gcp:compute/instance:Instance", "bootDisk.autoDelete", false],
    ["gcp:compute/instance:Instance", "machineType", false],
    ["gcp:compute/instance:Instance", `metadata["user-data"]`, false],
    ["gcp:compute/address:Address", "subnetwork", true],
    ["gcp:compute/address:Address", "labels.a", false],
    ["gcp:compute/firewall:Firewall", "sourceRanges[0]", false],
    ["gcp:compute/firewall:Firewall", "network", true],
    ["gcp:compute/image:Image", "rawDisk.source", true],
    ["gcp:storage/bucketObject:BucketObject", "source", true],
  ])("%s %s: %s", (token, path, expected) => {
    expect(replaced(gcpReplacements[token], gcpUpdates[token], path)).toBe(expected);
  });

  it.each([
    ["Domain", "domain", "name", true],
    ["Domain", "domain", "memory", false],
    ["Domain", "domain", "devices.disks[0].source", false],
    ["Network", "network", "bridge.name", true],
    ["Network", "network", "autostart", false],
    ["Volume", "volume", "create.content.url", true],
    ["Volume", "volume", "capacity", true],
    ["Volume", "volume", "target.permissions.mode", false],
    ["Pool", "pool", "target.path", true],
    ["CloudinitDisk", "cloudinitDisk", "userData", true],
  ])("libvirt %s (%s) %s: %s", (kind, file, path, expected) => {
    const rules = libvirtReplacements[`libvirt:index/${file}:${kind}`];
    expect(replaced(rules?.replaces, rules?.updates, path)).toBe(expected);
  });

  it.each([
    ["kubernetes:batch/v1:Job", "spec.template.spec.containers[0].image", true],
    ["kubernetes:batch/v1:Job", "spec.ttlSecondsAfterFinished", false],
    ["kubernetes:apps/v1:DaemonSet", "spec.selector.matchLabels.app", true],
    ["kubernetes:apps/v1:DaemonSet", "spec.template.spec.containers[0].image", false],
    ["kubernetes:apps/v1:DaemonSetPatch", "spec.template.spec.containers[0].args[0]", false],
    ["kubernetes:core/v1:ConfigMap", "data.key", true],
    ["kubernetes:core/v1:Pod", "spec.nodeName", true],
    ["kubernetes:core/v1:Pod", "spec.containers[0].image", false],
    ["kubernetes:core/v1:Namespace", "metadata.name", true],
    ["kubernetes:core/v1:Namespace", "metadata.labels.a", false],
  ])("%s %s: %s", (type, path, expected) => {
    const { replaces, updates } = replacementsOf(kindRef(type), { configMaps: false, secrets: false });
    expect(replaced(replaces, updates, path)).toBe(expected);
  });
});
