import { ConfigMistake, sentences } from "./mistakes";
import { namespace } from "./paths";
import { brokenRules } from "./rules";
import { stackSchema, type StackConfig } from "./schema";

/** Groups that an edge stack would not read. */
function unread(raw: Record<string, unknown>): string[] {
  return "cloudStack" in raw && "cluster" in raw && !("cloud" in raw)
    ? [
        `${namespace}:cluster is set beside ${namespace}:cloudStack, which brings the cluster's names, versions and ranges; remove cluster from this stack.`,
      ]
    : [];
}

/**
 * The configuration with every default filled in. Throws `ConfigMistake` with a sentence for each mistake; the values of the top-level
 * keys in `secretKeys` are not repeated in them.
 */
export function parseStackConfig(raw: Record<string, unknown>, secretKeys?: ReadonlySet<string>): StackConfig {
  const parsed = stackSchema.safeParse(raw);
  if (!parsed.success) {
    throw new ConfigMistake(sentences(parsed.error.issues, raw, secretKeys));
  }
  const broken = [...unread(raw), ...brokenRules(parsed.data)];
  if (broken.length > 0) {
    throw new ConfigMistake(broken);
  }
  return parsed.data;
}
