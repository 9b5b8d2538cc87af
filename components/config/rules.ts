/** What the schema can't say, because it concerns several fields at once. Pure: a rule answers one sentence for each mistake. */
import { addressRules } from "./rulesAddresses";
import { cloudRules } from "./rulesCloud";
import { gcpRules } from "./rulesGcp";
import { imageRules } from "./rulesImages";
import { nameRules } from "./rulesNames";
import { partRules } from "./rulesParts";
import { secretRules } from "./rulesSecrets";
import { siteRules } from "./rulesSites";
import { tailnetRules } from "./rulesTailnet";
import { textRules } from "./rulesText";
import type { Rule } from "./rule";
import type { StackConfig } from "./schema";

const rules: Rule[] = [
  ...partRules,
  ...imageRules,
  ...addressRules,
  ...gcpRules,
  ...cloudRules,
  ...tailnetRules,
  ...siteRules,
  ...nameRules,
  ...textRules,
  ...secretRules,
];

export function brokenRules(config: StackConfig): string[] {
  return rules.flatMap((rule) => rule(config));
}
