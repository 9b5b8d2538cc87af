import * as pulumi from "@pulumi/pulumi";
import { ClusterNode, type KubernetesClient, preferring } from "../kubernetes";
import { kubernetesHost } from "../talos";
import type { Member } from "./access";
import type { Node } from "./node";

/** How long a Node may take to be Ready once its machine is on the tailnet, minutes. Image pulls over a slow uplink are most of it. */
const READY_TIMEOUT_MINUTES = 15;

export interface MembersArgs {
  nodes: Node[];
  client: pulumi.Input<KubernetesClient>;
  /** etcd's members by node name: a control plane's Node is drained before its member leaves. @default none */
  etcd?: ReadonlyMap<string, pulumi.Resource>;
}

/** Waits for the nodes' Kubernetes Nodes, and removes them with their machines. */
export class Members extends pulumi.ComponentResource {
  readonly list: Member[];

  constructor(name: string, args: MembersArgs, opts?: pulumi.ComponentResourceOptions) {
    super("talos-cloud-edge:stack:Members", name, {}, opts);
    this.list = args.nodes.map(({ plan, address, machineId }) => {
      // While control planes are replaced, the one whose turn it is still answers itself when the others' addresses are new.
      const client =
        plan.role === "controlplane"
          ? pulumi.all([args.client, address]).apply(([common, own]) => preferring(common, kubernetesHost(own)))
          : args.client;
      const member = args.etcd?.get(plan.name);
      const node = new ClusterNode(
        `${name}-${plan.name}`,
        { nodeName: plan.name, address, machineId, client, timeoutMinutes: READY_TIMEOUT_MINUTES },
        { parent: this, ...(member && { dependsOn: member }) },
      );
      return { name: plan.name, role: plan.role, place: plan.place, address, podCidr: node.podCidr, machineId };
    });
    this.registerOutputs({ members: this.list });
  }
}
