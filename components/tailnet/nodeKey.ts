import { createHash } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import * as tailscale from "@pulumi/tailscale";
import { keyLeftover } from "../leftovers";

export interface NodeKeyArgs {
  /** Host name of the machine that joins with the key. */
  hostname: string;
  /** The stack that makes the machine, in hexadecimal digits. */
  owner: pulumi.Input<string>;
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
  /**
   * Descriptions of the keys that the stack's state has for the machine.
   *
   * @default none
   */
  held?: string[];
  /**
   * Run before a new incarnation, so before anything of the last one is deleted.
   *
   * @default nothing
   */
  beforeIncarnation?: pulumi.ResourceHookFunction[];
}

/**
 * The machine in words and as a digest, and its incarnation: `talos-edge-1 5f2c01aa 0a1b2c3d`. All but the last word is the same for every key
 * that the stack ever makes for the machine. Tailscale takes 50 characters: letters, digits, spaces and hyphens.
 */
export function keyDescription(hostname: string, owner: string, incarnation: string): string {
  const machine = createHash("sha256").update(`${owner}/${hostname}`).digest("hex").slice(0, 8);
  const room = 50 - machine.length - incarnation.length - 2;
  const label = hostname.replace(/[^A-Za-z0-9-]/g, "-").slice(0, room);
  return `${label} ${machine} ${incarnation}`;
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
      { parent: this, ...(args.beforeIncarnation && { hooks: { beforeCreate: args.beforeIncarnation } }) },
    );
    const key = new tailscale.TailnetKey(
      `${name}-key-${args.generation}`,
      {
        reusable: false,
        ephemeral: false,
        preauthorized: true,
        tags: [args.tag],
        expiry: args.expiryMinutes * 60,
        description: pulumi
          .all([args.owner, incarnation.hex])
          .apply(([owner, hex]) => keyDescription(args.hostname, owner, hex)),
        recreateIfInvalid: "never",
      },
      // Every change makes a new key, and a new key changes the configuration of a machine that has long joined and needs none.
      // So these two count for the next generation's key only.
      {
        parent: this,
        ignoreChanges: ["expiry", "tags"],
        additionalSecretOutputs: ["key"],
        hooks: { beforeCreate: [keyLeftover(args.held ?? [])] },
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
