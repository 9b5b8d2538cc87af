import * as pulumi from "@pulumi/pulumi";
import { userError } from "../config";
import { accessOf, type ClusterAccess, JOIN_BUNDLE_VERSION, type JoinBundle } from "./access";

const field = "talos-cloud-edge:cloudStack";

type Outputs = Record<string, unknown>;

/** `<organization>/<project>/<stack>` of the stack that runs. */
export function ownStack(): string {
  return qualified(pulumi.getStack());
}

/**
 * The cluster that another stack holds. Its bundle is awaited, because what it says of names and ranges is needed, and checked, before
 * the first resource.
 *
 * @param stack - `dev`, or `<organization>/<project>/<stack>`.
 * @throws RunError in one sentence when the stack has no bundle that this program can use.
 */
export async function clusterOf(stack: string): Promise<ClusterAccess> {
  const name = qualified(stack);
  if (name === ownStack()) {
    throw userError([`${field} is ${stack}, which is this stack itself; write the stack that holds the cloud part.`]);
  }
  return accessOf(checkedBundle(name, await outputsOf(name)));
}

/** @throws RunError when the stack's outputs (`undefined`: there is no such stack) hold no bundle that this program can use. */
export function checkedBundle(stack: string, outputs: Outputs | undefined): JoinBundle {
  const mistake = bundleMistake(outputs);
  if (mistake !== undefined) throw userError([`${field} is ${stack}, ${mistake}`]);
  return outputs?.["joinBundle"] as JoinBundle;
}

function bundleMistake(outputs: Outputs | undefined): string | undefined {
  if (outputs === undefined) {
    return "which does not exist in this backend (`pulumi stack ls --all` lists what does); write the stack that holds the cloud part.";
  }
  if (Object.keys(outputs).length === 0) {
    return "which holds no cluster: it was destroyed, or its first update has not ended well yet; run `pulumi up` on it first.";
  }
  const bundle = outputs["joinBundle"];
  if (typeof bundle !== "object" || bundle === null) {
    return 'which has no output "joinBundle", so it holds no cloud part; write the stack that does.';
  }
  const { version } = bundle as Partial<JoinBundle>;
  // Pulumi puts nothing in place of a secret that it has no key for.
  if (version === undefined) {
    return 'whose output "joinBundle" cannot be decrypted; both stacks need the same passphrase, or keys that you may both decrypt with.';
  }
  const versions = `(its bundle is of version ${String(version)}, this program reads ${String(JOIN_BUNDLE_VERSION)})`;
  if (version > JOIN_BUNDLE_VERSION) {
    return `which a newer version of this program updated last ${versions}; use that version here too.`;
  }
  return version === JOIN_BUNDLE_VERSION
    ? undefined
    : `which an older version of this program updated last ${versions}; run \`pulumi up\` on it first.`;
}

function qualified(stack: string): string {
  return stack.includes("/") ? stack : `${pulumi.getOrganization()}/${pulumi.getProject()}/${stack}`;
}

/**
 * A stack's outputs; `undefined` where there is no such stack. Asked as a StackReference asks, but without a resource, whose failure
 * would be told in the engine's words, and whose copy of all secrets would be kept in this stack's state.
 */
async function outputsOf(stack: string): Promise<Outputs | undefined> {
  try {
    const answer = (await pulumi.runtime.invoke("pulumi:pulumi:readStackOutputs", { name: stack })) as Outputs;
    return answer["outputs"] as Outputs;
  } catch (error) {
    if (error instanceof Error && error.message.includes("unknown stack")) return undefined;
    throw error;
  }
}
