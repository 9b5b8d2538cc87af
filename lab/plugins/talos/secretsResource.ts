import { readFile } from "node:fs/promises";
import { PrivateFolder } from "../../privateFolder";
import { objectAt, type Properties, text } from "../protocol/values";
import { expiresWithin, newClientConfiguration } from "./clientConfiguration";
import { machineSecretsFromYaml } from "./machineSecrets";
import type { TalosResource } from "./resource";
import { talosctl } from "./talosctl";

const id = "machine_secrets";
const month = 30 * 24 * 3_600_000;

/** MachineSecrets. New secrets would be another cluster, so nothing but a lower Talos version makes them anew. */
export const machineSecretsResource: TalosResource = {
  rules: { replaces: [] },

  adjust: (known, news, result) => ({
    ...result,
    changes: [
      ...result.changes.map((change) =>
        change.path === "talosVersion"
          ? { ...change, replaces: isLower(text(news, "talosVersion"), text(known.inputs, "talosVersion")) }
          : change,
      ),
      ...(needsRenewal(known.outputs)
        ? [{ path: "clientConfiguration", kind: "update" as const, replaces: false }]
        : []),
    ],
  }),

  create: async (inputs) => {
    const talosVersion = text(inputs, "talosVersion");
    const yaml = await PrivateFolder.use(async (folder) => {
      const flags = talosVersion ? ["--talos-version", `v${talosVersion.replace(/^v/, "")}`] : [];
      await talosctl(folder, ["gen", "secrets", "--output-file", folder.file("secrets.yaml"), ...flags]);
      return readFile(folder.file("secrets.yaml"), "utf8");
    });
    const machineSecrets = machineSecretsFromYaml(yaml);
    const clientConfiguration = await newClientConfiguration(machineSecrets);
    return { id, outputs: { talosVersion: talosVersion ?? "v1.12", machineSecrets, clientConfiguration } };
  },

  update: async (known, news) => {
    const machineSecrets = objectAt(known.outputs, "machineSecrets");
    const clientConfiguration = needsRenewal(known.outputs)
      ? await newClientConfiguration(machineSecrets)
      : objectAt(known.outputs, "clientConfiguration");
    return { ...known.outputs, ...news, clientConfiguration };
  },

  /** The import id is the path of a `secrets.yaml`. */
  adopt: async (file) => {
    const machineSecrets = machineSecretsFromYaml(await readFile(file, "utf8"));
    const clientConfiguration = await newClientConfiguration(machineSecrets);
    // The file does not say its version; the provider tells by what changed last in it.
    const talosVersion = text(objectAt(machineSecrets, "secrets"), "aescbcEncryptionSecret") ? "v1.2" : "v1.3";
    return { id, inputs: { talosVersion }, outputs: { talosVersion, machineSecrets, clientConfiguration } };
  },
};

function needsRenewal(outputs: Properties): boolean {
  const certificate = text(objectAt(outputs, "clientConfiguration"), "clientCertificate");
  return certificate !== undefined && expiresWithin(certificate, month);
}

function isLower(version: string | undefined, than: string | undefined): boolean {
  if (!version || !than) return false;
  const [a, b] = [version, than].map((value) => value.replace(/^v/, "").split(".").map(Number));
  for (let index = 0; index < 3; index++) {
    const [left, right] = [a?.[index] ?? 0, b?.[index] ?? 0];
    if (left !== right) return left < right;
  }
  return false;
}
