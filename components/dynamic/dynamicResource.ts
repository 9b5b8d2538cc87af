import * as pulumi from "@pulumi/pulumi";
import { packedCode } from "./packedCode";

const codes = new WeakMap<object, Promise<string>>();

/** As `pulumi.dynamic.Resource`, with less text in the state. */
export class DynamicResource extends pulumi.CustomResource {
  /**
   * @param provider - made once for all resources of a kind, so that its code is serialised once.
   * @param module - first part of the type's name.
   * @param type - second part of it.
   */
  constructor(
    provider: pulumi.dynamic.ResourceProvider,
    name: string,
    props: pulumi.Inputs,
    opts: pulumi.CustomResourceOptions | undefined,
    module: string,
    type: string,
  ) {
    super(`pulumi-nodejs:dynamic/${module}:${type}`, name, { ...props, __provider: codeOf(provider) }, opts);
  }
}

function codeOf(provider: pulumi.dynamic.ResourceProvider): Promise<string> {
  const known = codes.get(provider);
  if (known !== undefined) return known;
  const code = pulumi.runtime.serializeFunction(() => provider).then(({ text }) => packedCode(text));
  codes.set(provider, code);
  return code;
}
