import * as pulumi from "@pulumi/pulumi";
import type { StackConfig } from "../config";
import { sitePlan } from "../edge";
import { SiteClaim } from "../kubernetes";
import type { ClusterAccess } from "./access";
import { ownStack } from "./cloudStack";

export interface ClaimsArgs {
  config: StackConfig;
  /** The cluster that keeps the claims. */
  access: ClusterAccess;
  /** Random id of the stack. */
  owner: pulumi.Input<string>;
}

/** The claims of a stack's sites: no two stacks of a cluster take the same name, MAC address, bridge or range. */
export class Claims extends pulumi.ComponentResource {
  /** One for each site, in the order of the config. */
  readonly sites: SiteClaim[];

  constructor(name: string, args: ClaimsArgs, opts?: pulumi.ComponentResourceOptions) {
    super("talos-cloud-edge:stack:Claims", name, {}, opts);
    const { access, config } = args;
    this.sites = config.sites.map((site, position) => {
      const { siteName, cidr, host, bridge, nodes } = sitePlan(access.cluster, site);
      return new SiteClaim(
        `${name}-${siteName}`,
        {
          facts: {
            site: siteName,
            cidr,
            host,
            bridge,
            nodes: nodes.map(({ name: node, mac }) => ({ name: node, mac })),
          },
          field: `talos-cloud-edge:sites[${position}]`,
          owner: args.owner,
          stack: ownStack(),
          client: access.kubernetesClient,
        },
        { parent: this },
      );
    });
    this.registerOutputs({});
  }
}
