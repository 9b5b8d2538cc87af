import * as pulumi from "@pulumi/pulumi";
import * as talos from "@pulumi/talos";
import type { ClientConfiguration } from "./clientConfiguration";

export interface NodeConfigurationArgs {
  /** The node's tailnet address. */
  address: pulumi.Input<string>;
  /** Client certificate for the Talos API. */
  clientConfiguration: pulumi.Input<ClientConfiguration>;
  /** The node's whole machine config. */
  machineConfiguration: pulumi.Input<string>;
  /**
   * How long the node may take to accept the config, minutes.
   *
   * @default 10
   */
  timeoutMinutes?: number;
}

/** Keeps a node that has joined the tailnet at its machine config. */
export class NodeConfiguration extends pulumi.ComponentResource {
  /** `auto`: in force. `staged`: in force after the node's next reboot. */
  readonly resolvedApplyMode: pulumi.Output<string>;

  constructor(name: string, args: NodeConfigurationArgs, opts?: pulumi.ComponentResourceOptions) {
    super("talos-cloud-edge:talos:NodeConfiguration", name, {}, opts);
    const timeout = `${args.timeoutMinutes ?? 10}m`;
    // Nothing is set to happen on destroy: a reset needs a node that answers, and the machine is deleted right after.
    const apply = new talos.MachineConfigurationApply(
      `${name}-apply`,
      {
        node: args.address,
        endpoint: args.address,
        clientConfiguration: pulumi.secret(args.clientConfiguration),
        machineConfigurationInput: args.machineConfiguration,
        // Configs are applied to all nodes at once. With `auto` a change that needs a reboot would take down all of them
        // together, and etcd's quorum with them; here it is staged, and nodes are rebooted one by one by whoever asked.
        applyMode: "staged_if_needing_reboot",
        timeouts: { create: timeout, update: timeout },
      },
      { parent: this },
    );
    this.resolvedApplyMode = apply.resolvedApplyMode;
    this.registerOutputs({ resolvedApplyMode: this.resolvedApplyMode });
  }
}
