import * as pulumi from "@pulumi/pulumi";

/**
 * A mistake of the user, one sentence each. Pulumi prints the sentences and no stack trace, and ends with an exit code that is not 0.
 *
 * The error has no stack: the SDK formats every error with `util.inspect`, and Node 20 takes half a minute over one whose stack leads
 * through the SDK's own files.
 */
export function userError(sentences: string[]): pulumi.RunError {
  const error = new pulumi.RunError(sentences.join("\n"));
  error.stack = "";
  return error;
}
