import * as pulumi from "@pulumi/pulumi";
import { DynamicResource } from "../dynamic";
import type { KubernetesClient } from "./client";
import { createSiteClaimProvider } from "./siteClaimProvider";
import type { SiteFacts } from "./siteClaims";
import { defaultClaimBounds } from "./siteClaimStore";

const siteClaimProvider = createSiteClaimProvider(defaultClaimBounds);

export interface SiteClaimArgs {
  /** What the site takes. */
  facts: SiteFacts;
  /** The site in the stack's config, `talos-cloud-edge:sites[0]`, for its mistakes. */
  field: string;
  /** Random id of the stack. Claims of one owner don't collide: its config has been checked. */
  owner: pulumi.Input<string>;
  /** `<organization>/<project>/<stack>`, for people to read. */
  stack: string;
  /** How the cluster's API is reached. Kept secret. */
  client: pulumi.Input<KubernetesClient>;
}

/**
 * A site's claim, kept in the cluster, on its name, LAN, bridge, and its machines' names and MAC addresses: what another stack's site has
 * is refused in words. What the site makes depends on it, so that it is made first and given up last.
 */
export class SiteClaim extends DynamicResource {
  constructor(name: string, { facts, client, ...args }: SiteClaimArgs, opts?: pulumi.CustomResourceOptions) {
    super(
      siteClaimProvider,
      name,
      { ...args, ...facts, client: pulumi.secret(client) },
      { ...opts, additionalSecretOutputs: ["client", ...(opts?.additionalSecretOutputs ?? [])] },
      "kubernetes",
      "SiteClaim",
    );
  }
}
