import { createHash } from "node:crypto";
import { PrivateFolder } from "../../privateFolder";
import { objectAt, type Properties, stringList, text } from "../protocol/values";
import { machineSecretsToYaml, secretValues } from "./machineSecrets";
import { talosctl } from "./talosctl";

/** Results by the hash of what they were made from: a program asks for the same config more than once. */
const made = new Map<string, Promise<string>>();

/** `getMachineConfiguration`: generated and patched by Talos' own code. */
export function machineConfiguration(args: Properties): Promise<string> {
  return once("machine", args, () => generate(args));
}

/** A config with further patches on it, as MachineConfigurationApply makes it. */
export function patchedConfiguration(config: string, patches: string[]): Promise<string> {
  if (patches.length === 0) return Promise.resolve(config);
  return once("patched", { config, patches }, () =>
    PrivateFolder.use(async (folder) => {
      const file = await folder.write("config.yaml", config);
      const flags = await patchFlags(folder, "--patch", patches);
      return talosctl(folder, ["machineconfig", "patch", file, ...flags]);
    }),
  );
}

/** Fails where Talos would refuse the config on any machine; what depends on the machine is for the machine to say. */
export async function validateConfiguration(config: string): Promise<void> {
  await once("valid", { config }, () =>
    PrivateFolder.use(async (folder) => {
      const file = await folder.write("config.yaml", config);
      await talosctl(folder, ["validate", "--mode", "cloud", "--config", file]);
      return "";
    }),
  );
}

function once(purpose: string, args: Properties, make: () => Promise<string>): Promise<string> {
  const key = createHash("sha256").update(purpose).update(JSON.stringify(args)).digest("hex");
  const known = made.get(key);
  if (known) return known;
  const result = make();
  made.set(key, result);
  // Another attempt may well succeed, for instance when a folder could not be written.
  result.catch(() => made.delete(key));
  return result;
}

async function generate(args: Properties): Promise<string> {
  const machineSecrets = objectAt(args, "machineSecrets");
  const machineType = text(args, "machineType") ?? "";
  if (machineType !== "controlplane" && machineType !== "worker") {
    throw new Error(`machineType must be "controlplane" or "worker", but is ${JSON.stringify(machineType)}.`);
  }
  return PrivateFolder.use(async (folder) => {
    const secrets = await folder.write("secrets.yaml", machineSecretsToYaml(machineSecrets));
    const kubernetesVersion = text(args, "kubernetesVersion");
    const talosVersion = text(args, "talosVersion");
    const flags = [
      "--with-secrets",
      secrets,
      "--output-types",
      machineType,
      "--output",
      "-",
      `--with-docs=${String(args.docs === true)}`,
      `--with-examples=${String(args.examples === true)}`,
      ...(kubernetesVersion ? ["--kubernetes-version", kubernetesVersion.replace(/^v/, "")] : []),
      ...(talosVersion ? ["--talos-version", `v${talosVersion.replace(/^v/, "")}`] : []),
      ...(await patchFlags(folder, "--config-patch", stringList(args.configPatches))),
    ];
    const command = ["gen", "config", text(args, "clusterName") ?? "", text(args, "clusterEndpoint") ?? ""];
    return talosctl(folder, [...command, ...flags], secretValues(machineSecrets));
  });
}

async function patchFlags(folder: PrivateFolder, flag: string, patches: string[]): Promise<string[]> {
  const files = await Promise.all(patches.map((patch, index) => folder.write(`patch-${index}.yaml`, patch)));
  return files.flatMap((file) => [flag, `@${file}`]);
}
