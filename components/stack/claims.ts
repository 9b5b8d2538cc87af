import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import type { StackConfig } from "../config";
import { sitePlan } from "../edge";
import { SiteClaim } from "../kubernetes";
import type { ClusterAccess } from "./access";
import { ownStack } from "./cloudStack";

export interface ClaimsArgs {
  config: StackConfig;
  /** The cluster that keeps the claims. */
  access: ClusterAccess;
}

/** The claims of a stack's sites: no two stacks of a cluster take the same name, MAC address, bridge or range. */
export class Claims extends pulumi.ComponentResource {
  /** Random id of the stack. */
  readonly owner: pulumi.Output<string>;
  /** One for each site, in the order of the config. */
  readonly sites: SiteClaim[];

  constructor(name: string, args: ClaimsArgs, opts?: pulumi.ComponentResourceOptions) {
    super("talos-cloud-edge:stack:Claims", name, {}, opts);
    const { access, config } = args;
    // In the state before the first claim: by it the next update knows what an interrupted one has claimed.
    this.owner = new random.RandomUuid(`${name}-owner`, {}, { parent: this }).result;
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
          owner: this.owner,
          stack: ownStack(),
          client: access.kubernetesClient,
        },
        { parent: this },
      );
    });
    this.registerOutputs({});
  }
}
