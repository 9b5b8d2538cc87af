import * as pulumi from "@pulumi/pulumi";
import * as talos from "@pulumi/talos";
import { userError } from "../config/userError";
import type { ClientConfiguration } from "./clientConfiguration";
import { removeSecretsFile, writeSecretsFile } from "./secretsFile";
import { parseSecretsYaml, type TakenOverSecrets } from "./secretsYaml";

/** The keys and tokens that a cluster is made of, as the Talos provider keeps them. */
export type MachineSecrets = talos.types.output.MachineSecretsMachineSecrets;

export interface ClusterSecretsArgs {
  /** Talos version that the secrets are generated for. */
  talosVersion: string;
  /**
   * Decrypted `secrets.yaml` of an existing cluster, to be taken over in place of new secrets, by the stack's first update. A stack that
   * holds other secrets refuses it.
   *
   * @default new secrets are generated
   */
  secretsYaml?: string;
  /**
   * Whether the stack holds secrets already, which then are not taken over again.
   *
   * @default false
   */
  held?: boolean;
}

/** The cluster's secrets, generated once or taken over, and kept encrypted in the stack's state. */
export class ClusterSecrets extends pulumi.ComponentResource {
  /** Secret. */
  readonly machineSecrets: pulumi.Output<MachineSecrets>;
  /** Secret. The provider renews its certificate in the last month of its year. */
  readonly clientConfiguration: pulumi.Output<ClientConfiguration>;

  constructor(name: string, args: ClusterSecretsArgs, opts?: pulumi.ComponentResourceOptions) {
    super("talos-cloud-edge:talos:ClusterSecrets", name, {}, opts);
    const takenOver = args.secretsYaml === undefined ? undefined : takeOver(args.secretsYaml);
    const stack = pulumi.getStack();
    removeSecretsFile(stack);

    const secrets = new talos.MachineSecrets(
      `${name}-machine-secrets`,
      { talosVersion: takenOver?.talosVersion ?? args.talosVersion },
      {
        parent: this,
        // No additionalSecretOutputs: the provider marks every key and token by itself, and what is marked at two depths the
        // SDK unwraps once only.
        // The version matters while secrets are generated, never after. Left alone, a lower one would replace them all.
        ignoreChanges: ["talosVersion"],
        ...(takenOver && !args.held && { import: writeSecretsFile(stack, takenOver.yaml) }),
      },
    );

    secrets.urn.apply(() => {
      removeSecretsFile(stack);
    });
    this.machineSecrets = pulumi.secret(
      secrets.machineSecrets.apply((held) => {
        if (takenOver && held.cluster.id !== takenOver.clusterId) {
          throw userError([
            "secretsYaml belongs to another cluster than the secrets this stack holds; take the setting out, or use a new stack.",
          ]);
        }
        return held;
      }),
    );
    this.clientConfiguration = pulumi.secret(secrets.clientConfiguration);
    this.registerOutputs({ machineSecrets: this.machineSecrets, clientConfiguration: this.clientConfiguration });
  }
}

/** A mistake in the text is the user's, so it is shown without a stack trace. */
function takeOver(secretsYaml: string): TakenOverSecrets {
  try {
    return parseSecretsYaml(secretsYaml);
  } catch (error) {
    throw userError([error instanceof Error ? error.message : String(error)]);
  }
}
