/** Taking over an existing cluster's secrets. No sentence here repeats any of them. */
import { isRecord } from "./fields";
import { namespace } from "./paths";
import type { Rule } from "./rule";
import { readYaml } from "./yamlText";

const field = `${namespace}:secretsYaml`;
const command = `sops -d secrets.yaml | pulumi config set --secret ${field}`;
const parts = ["cluster", "secrets", "trustdinfo", "certs"];

function secretsMistake(text: string): string | undefined {
  const { badLine, values } = readYaml(text);
  if (badLine !== undefined) return `${field} is not YAML (line ${badLine}); write it with ${command}.`;
  const [content] = values;
  if (!isRecord(content)) return `${field} is not the text of a secrets.yaml; write it with ${command}.`;
  if (Object.hasOwn(content, "sops")) {
    return `${field} is still encrypted by SOPS; decrypt it on the way in with ${command}.`;
  }
  const missing = parts.filter((part) => !isRecord(content[part]));
  return missing.length > 0
    ? `${field} lacks ${missing.join(", ")} at its top level; write the whole file that \`talosctl gen secrets\` made, with ${command}.`
    : undefined;
}

const readableSecrets: Rule = ({ secretsYaml }) => {
  const wrong = secretsYaml === undefined ? undefined : secretsMistake(secretsYaml);
  return wrong === undefined ? [] : [wrong];
};

/** An edge stack has the cluster's secrets from the stack that holds the cloud part. */
const secretsInCloudStack: Rule = ({ secretsYaml, cloudStack }) =>
  secretsYaml !== undefined && cloudStack !== undefined
    ? [
        `${field} is set beside ${namespace}:cloudStack, which brings the cluster's secrets; remove secretsYaml from this stack.`,
      ]
    : [];

export const secretRules = [readableSecrets, secretsInCloudStack];
