import * as pulumi from "@pulumi/pulumi";
import { ClusterNode } from "../kubernetes";
import type { KubernetesClient } from "../talos";
import type { Member } from "./access";
import type { Node } from "./node";

/** How long a Node may take to be Ready once its machine is on the tailnet, minutes. Image pulls over a slow uplink are most of it. */
const READY_TIMEOUT_MINUTES = 15;

export interface MembersArgs {
  nodes: Node[];
  client: pulumi.Input<KubernetesClient>;
}

/** Waits for the nodes' Kubernetes Nodes, and removes them with their machines. */
export class Members extends pulumi.ComponentResource {
  readonly list: Member[];

  constructor(name: string, args: MembersArgs, opts?: pulumi.ComponentResourceOptions) {
    super("talos-cloud-edge:stack:Members", name, {}, opts);
    this.list = args.nodes.map(({ plan, address, machineId }) => {
      const node = new ClusterNode(
        `${name}-${plan.name}`,
        { nodeName: plan.name, address, machineId, client: args.client, timeoutMinutes: READY_TIMEOUT_MINUTES },
        { parent: this },
      );
      return { name: plan.name, role: plan.role, place: plan.place, address, podCidr: node.podCidr, machineId };
    });
    this.registerOutputs({ members: this.list });
  }
}
