import { parseDocument, stringify } from "yaml";
import { z } from "zod";

const text = z.string().min(1);
const pair = z.strictObject({ crt: text, key: text });

/** The bundle as `talosctl gen secrets` writes it. */
const bundleSchema = z.strictObject({
  cluster: z.strictObject({ id: text, secret: text }),
  secrets: z
    .strictObject({
      bootstraptoken: text,
      secretboxencryptionsecret: text.optional(),
      aescbcencryptionsecret: text.optional(),
    })
    .refine((secrets) => secrets.secretboxencryptionsecret ?? secrets.aescbcencryptionsecret, {
      error: "has neither secretboxencryptionsecret nor aescbcencryptionsecret",
    }),
  trustdinfo: z.strictObject({ token: text }),
  certs: z.strictObject({
    etcd: pair,
    k8s: pair,
    k8saggregator: pair,
    k8sserviceaccount: z.strictObject({ key: text }),
    os: pair,
  }),
});

/** An existing cluster's secrets, ready to be imported. */
export interface TakenOverSecrets {
  /** The bundle in one form, whatever order, comments or quotes the original had. */
  yaml: string;
  /** Id of the cluster that the secrets belong to. */
  clusterId: string;
  /** Talos version that the import reports for the secrets; the resource has to ask for the same. */
  talosVersion: "v1.2" | "v1.3";
}

/** Reads a decrypted `secrets.yaml`. Throws one sentence about the first thing that is wrong, and never quotes a value. */
export function parseSecretsYaml(source: string): TakenOverSecrets {
  const document = parseDocument(source);
  if (document.errors.length > 0)
    throw new Error("secretsYaml is not valid YAML; write the whole decrypted secrets.yaml.");
  const content: unknown = document.toJS();
  if (typeof content === "object" && content !== null && "sops" in content) {
    throw new Error("secretsYaml is still encrypted by SOPS; decrypt it first (`sops -d secrets.yaml`).");
  }
  const result = bundleSchema.safeParse(content);
  if (!result.success) {
    const issue = result.error.issues[0];
    const where = issue && issue.path.length > 0 ? `, at ${issue.path.join(".")}` : "";
    throw new Error(
      `secretsYaml is not what \`talosctl gen secrets\` writes${where}: ${issue?.message ?? "unreadable"}.`,
    );
  }
  return {
    yaml: stringify(result.data, { lineWidth: 0 }),
    clusterId: result.data.cluster.id,
    // Bundles with an AES-CBC secret stem from Talos 1.2 or before: that is how the import tells them apart.
    talosVersion: result.data.secrets.aescbcencryptionsecret === undefined ? "v1.3" : "v1.2",
  };
}

/** What is wrong with the text, as one sentence. */
export function secretsYamlMistake(source: string): string | undefined {
  try {
    parseSecretsYaml(source);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
