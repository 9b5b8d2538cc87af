import { ConfigMistake, sentences } from "./mistakes";
import { brokenRules } from "./rules";
import { stackSchema, type StackConfig } from "./schema";

/**
 * The configuration with every default filled in. Throws `ConfigMistake` with a sentence for each mistake; the values of the top-level
 * keys in `secretKeys` are not repeated in them.
 */
export function parseStackConfig(raw: Record<string, unknown>, secretKeys?: ReadonlySet<string>): StackConfig {
  const parsed = stackSchema.safeParse(raw);
  if (!parsed.success) {
    throw new ConfigMistake(sentences(parsed.error.issues, raw, secretKeys));
  }
  const broken = brokenRules(parsed.data);
  if (broken.length > 0) {
    throw new ConfigMistake(broken);
  }
  return parsed.data;
}
