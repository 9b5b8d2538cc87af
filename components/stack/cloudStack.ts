import * as pulumi from "@pulumi/pulumi";
import { userError } from "../config";
import { accessOf, type ClusterAccess, JOIN_BUNDLE_VERSION, type JoinBundle } from "./access";

/**
 * The cluster that another stack holds. Its bundle is awaited, because what it says of names and ranges is needed, and checked, before
 * the first resource.
 *
 * @param stack - `dev`, or `<organization>/<project>/<stack>`.
 * @throws RunError in one sentence when the stack has no bundle, or one of another version.
 */
export async function clusterOf(stack: string): Promise<ClusterAccess> {
  const qualified = stack.includes("/") ? stack : `${pulumi.getOrganization()}/${pulumi.getProject()}/${stack}`;
  const output = await new pulumi.StackReference(qualified).getOutputDetails("joinBundle");
  return accessOf(checkedBundle(qualified, output.secretValue ?? output.value));
}

/** @throws RunError when `bundle` is not one that this program can use. */
export function checkedBundle(stack: string, bundle: unknown): JoinBundle {
  const field = "talos-cloud-edge:cloudStack";
  if (typeof bundle !== "object" || bundle === null) {
    throw userError([
      `${field} is ${stack}, which has no output "joinBundle"; run \`pulumi up\` on it first, or write the stack that holds the cloud part.`,
    ]);
  }
  const { version } = bundle as Partial<JoinBundle>;
  // Pulumi puts nothing in place of a secret that it has no key for.
  if (version === undefined) {
    throw userError([
      `${field} is ${stack}, whose output "joinBundle" cannot be decrypted; both stacks need the same passphrase, or keys that you may both decrypt with.`,
    ]);
  }
  if (version !== JOIN_BUNDLE_VERSION) {
    throw userError([
      `${field} is ${stack}, which another version of this program updated last (its bundle is of version ${String(version)}, ` +
        `this program reads ${String(JOIN_BUNDLE_VERSION)}); run \`pulumi up\` on it first.`,
    ]);
  }
  return bundle as JoinBundle;
}
