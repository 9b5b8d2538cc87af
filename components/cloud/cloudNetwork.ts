import * as gcp from "@pulumi/gcp";
import * as pulumi from "@pulumi/pulumi";
import type { CloudConfig } from "../config/schema";
import { gcpAccess, gcpLeftover, ownerText } from "../leftovers";
import type { CloudPlan } from "./cloudPlan";
import { ingressRules } from "./firewallPlan";

export interface CloudNetworkArgs {
  /** Names and ranges of the cloud part. */
  plan: CloudPlan;
  /** Who may reach the nodes from outside. */
  cloud: CloudConfig;
  /** The stack that makes it, in hexadecimal digits; told from others by it. */
  owner: pulumi.Input<string>;
}

/** The VPC of the cloud nodes: one subnet, and firewall rules that let in what the configuration says and nothing else. */
export class CloudNetwork extends pulumi.ComponentResource {
  /** URL of the VPC. */
  public readonly networkLink: pulumi.Output<string>;
  /** URL of the subnet that nodes attach to. */
  public readonly subnetLink: pulumi.Output<string>;

  constructor(name: string, args: CloudNetworkArgs, opts?: pulumi.ComponentResourceOptions) {
    super("talos-cloud-edge:cloud:CloudNetwork", name, {}, opts);
    const { cloud, plan } = args;
    const mark = pulumi.output(args.owner).apply(ownerText);
    if (!pulumi.runtime.isDryRun()) void gcpAccess().catch(() => undefined);
    const hooks = { beforeCreate: [gcpLeftover] };
    // A description that changes makes a new network or subnet, under all that is in it.
    const fixed = { parent: this, hooks, ignoreChanges: ["description"] };

    const network = new gcp.compute.Network(
      `${name}-vpc`,
      {
        name: plan.names.network,
        description: pulumi.interpolate`Cloud nodes of the Talos cluster ${plan.clusterName} (${mark})`,
        autoCreateSubnetworks: false,
        routingMode: "REGIONAL",
      },
      fixed,
    );
    const subnet = new gcp.compute.Subnetwork(
      `${name}-subnet`,
      {
        name: plan.names.subnet,
        description: mark,
        network: network.selfLink,
        region: plan.region,
        ipCidrRange: plan.networkCidr,
        privateIpGoogleAccess: true,
      },
      fixed,
    );
    for (const { key, description, ...rule } of ingressRules(plan, cloud)) {
      new gcp.compute.Firewall(
        `${name}-${key}`,
        {
          ...rule,
          description: pulumi.interpolate`${description} (${mark})`,
          network: network.selfLink,
          direction: "INGRESS",
        },
        { parent: this, hooks },
      );
    }

    this.networkLink = network.selfLink;
    this.subnetLink = subnet.selfLink;
    this.registerOutputs({ networkLink: this.networkLink, subnetLink: this.subnetLink });
  }
}
