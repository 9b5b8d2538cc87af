import * as pulumi from "@pulumi/pulumi";
import * as tailscale from "@pulumi/tailscale";
import type { TailnetConfig } from "../config/schema";
import { policyDocument } from "./policyDocument";

export interface TailnetPolicyArgs {
  /** The tailnet's tags and admins. Nothing is made unless its `managePolicy` is set: a tailnet has one policy, and it may be another's. */
  tailnet: TailnetConfig;
}

/** The tailnet's whole policy file. It stays when the stack is destroyed: without one, a tailnet lets everybody reach everything. */
export class TailnetPolicy extends pulumi.ComponentResource {
  constructor(name: string, args: TailnetPolicyArgs, opts?: pulumi.ComponentResourceOptions) {
    super("talos-cloud-edge:tailnet:TailnetPolicy", name, {}, opts);

    if (args.tailnet.managePolicy) {
      new tailscale.Acl(
        `${name}-acl`,
        { acl: JSON.stringify(policyDocument(args.tailnet), null, 2), overwriteExistingContent: true },
        { parent: this },
      );
    }
    this.registerOutputs({});
  }
}
