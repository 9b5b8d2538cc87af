/**
 * The yardstick: the same resources without a program. It reads a recording and registers every resource in it, by type, name and inputs:
 * no component classes, no parents, no dependencies, no computed value, and no provider's npm package but for where two of them come from.
 * The program's cache of stack traces is here too: what it saves is no merit of the rest.
 */
import { readFileSync } from "node:fs";
import * as libvirt from "@pulumi/libvirt/bin/utilities";
import * as pulumi from "@pulumi/pulumi";
import * as talos from "@pulumi/talos/bin/utilities";
import { cacheStackTraces } from "../../../components/traces";
import type { RecordedResource } from "../recording";

class Provider extends pulumi.ProviderResource {}
class Resource extends pulumi.CustomResource {}

const packages: Record<string, () => Promise<string | undefined>> = {
  libvirt: libvirt.getPackage,
  talos: talos.getPackage,
};
cacheStackTraces();
const providers = new Map<string, Provider>();

const recording = JSON.parse(readFileSync(process.env["BENCH_RECORDING"] ?? "", "utf8")) as RecordedResource[];
// A resource's provider is recorded before it.
for (const resource of recording) register(resource);

function register({ urn, type, name, custom, inputs, provider }: RecordedResource): void {
  const made = /^pulumi:providers:(.+)$/.exec(type)?.[1];
  if (made !== undefined) {
    providers.set(urn, new Provider(made, name, inputs, {}, false, packages[made]?.()));
  } else if (custom) {
    const [plugin = ""] = type.split(":");
    const options = { ...(provider !== undefined && { provider: providers.get(provider) }) };
    new Resource(type, name, inputs, options, false, packages[plugin]?.());
  } else {
    new pulumi.ComponentResource(type, name);
  }
}
