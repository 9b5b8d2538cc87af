import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import * as tailscale from "@pulumi/tailscale";
import { keyLeftover } from "../leftovers";

export interface NodeKeyArgs {
  /** Host name of the machine that joins with the key. */
  hostname: string;
  /** Tag that the machine's device carries. */
  tag: string;
  /** Raised by one to have a new incarnation of the machine, with a new key. */
  generation: number;
  /**
   * Raised by the program where a machine has to be made anew because its key is spent.
   *
   * @default 0
   */
  attempt?: number;
  /** How long the unused key stays valid, minutes. */
  expiryMinutes: number;
}

/** Tailscale takes 50 characters: letters, digits, spaces and hyphens. */
export function keyDescription(hostname: string, incarnation: string): string {
  const room = 50 - incarnation.length - 1;
  const label = hostname.replace(/[^A-Za-z0-9-]/g, "-").slice(0, room);
  return `${label} ${incarnation}`;
}

/** One machine's own auth key: good for one device, tagged, pre-authorized, soon expired. A machine that sleeps for days stays a member. */
export class NodeKey extends pulumi.ComponentResource {
  /** The key. Secret. */
  readonly authKey: pulumi.Output<string>;
  /** Name of this incarnation of the machine: 8 hexadecimal digits. */
  readonly incarnation: pulumi.Output<string>;
  /** When the key was made, RFC 3339. */
  readonly createdAt: pulumi.Output<string>;

  constructor(name: string, args: NodeKeyArgs, opts?: pulumi.ComponentResourceOptions) {
    super("talos-cloud-edge:tailnet:NodeKey", name, {}, opts);

    const incarnation = new random.RandomId(
      `${name}-incarnation`,
      { byteLength: 4, keepers: keepersOf(args) },
      { parent: this },
    );
    const key = new tailscale.TailnetKey(
      `${name}-key-${args.generation}`,
      {
        reusable: false,
        ephemeral: false,
        preauthorized: true,
        tags: [args.tag],
        expiry: args.expiryMinutes * 60,
        description: incarnation.hex.apply((hex) => keyDescription(args.hostname, hex)),
        recreateIfInvalid: "never",
      },
      // Every change makes a new key, and a new key changes the configuration of a machine that has long joined and needs none.
      // So these two count for the next generation's key only.
      {
        parent: this,
        ignoreChanges: ["expiry", "tags"],
        additionalSecretOutputs: ["key"],
        hooks: { beforeCreate: [keyLeftover] },
      },
    );

    this.authKey = pulumi.secret(key.key);
    this.incarnation = incarnation.hex;
    this.createdAt = key.createdAt;
    this.registerOutputs({ authKey: this.authKey, incarnation: this.incarnation, createdAt: this.createdAt });
  }
}

function keepersOf({ generation, attempt = 0 }: NodeKeyArgs): Record<string, string> {
  return { generation: String(generation), ...(attempt > 0 && { attempt: String(attempt) }) };
}
