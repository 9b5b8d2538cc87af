import * as pulumi from "@pulumi/pulumi";
import { DynamicResource } from "../dynamic";
import type { KubernetesClient } from "./client";
import { createSiteClaimGuardProvider } from "./siteClaimGuardProvider";
import { defaultClaimBounds } from "./siteClaimStore";

const siteClaimGuardProvider = createSiteClaimGuardProvider(defaultClaimBounds);

export interface SiteClaimGuardArgs {
  /** Name of the cluster. */
  clusterName: string;
  /** Random id of the stack: its own sites go with the cluster. */
  owner: pulumi.Input<string>;
  /** How the cluster's API is reached. Kept secret. */
  client: pulumi.Input<KubernetesClient>;
}

/**
 * Keeps a cluster that sites of other stacks still belong to from being destroyed. It depends on all of the stack, so a destroy comes to
 * it first and ends there, with nothing touched.
 */
export class SiteClaimGuard extends DynamicResource {
  constructor(name: string, args: SiteClaimGuardArgs, opts?: pulumi.CustomResourceOptions) {
    super(
      siteClaimGuardProvider,
      name,
      { ...args, client: pulumi.secret(args.client) },
      { ...opts, additionalSecretOutputs: ["client", ...(opts?.additionalSecretOutputs ?? [])] },
      "kubernetes",
      "SiteClaimGuard",
    );
  }
}
