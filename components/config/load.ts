import * as pulumi from "@pulumi/pulumi";
import { didYouMean, ConfigMistake } from "./mistakes";
import { parseStackConfig } from "./parse";
import { namespace } from "./paths";
import { providerMistakes } from "./providers";
import type { StackConfig } from "./schema";
import { userError } from "./userError";

/** Keys whose value is a text; all others are groups or lists, which Pulumi hands over as JSON. */
const textKeys = ["cloudStack", "secretsYaml"];

/** Where the language host puts the keys that are encrypted in Pulumi.<stack>.yaml. */
const secretKeysVariable = "PULUMI_CONFIG_SECRET_KEYS";

function read(key: string, text: string): unknown {
  if (textKeys.includes(key)) return text;
  // A key with nothing after it.
  if (text === "") return null;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

function mistakesOf<T>(run: () => T): { value?: T; mistakes: string[] } {
  try {
    return { value: run(), mistakes: [] };
  } catch (error) {
    if (error instanceof ConfigMistake) return { mistakes: error.mistakes };
    throw error;
  }
}

/** A namespace that is ours but for a letter holds settings that nobody would read. */
function strayNamespaces(keys: string[]): string[] {
  return keys.flatMap((key) => {
    const [space = "", name = ""] = key.split(":", 2);
    return space !== namespace && didYouMean(space, [namespace]) === namespace
      ? [`${key} is in a namespace that nothing reads; did you mean ${namespace}:${name}?`]
      : [];
  });
}

/** Our keys that are encrypted; nothing where no language host said which are. */
function encryptedKeys(): Set<string> | undefined {
  const text = process.env[secretKeysVariable] ?? "";
  if (text === "") return undefined;
  const listed: unknown = JSON.parse(text);
  const prefix = `${namespace}:`;
  const keys = Array.isArray(listed) ? listed.filter((key) => typeof key === "string") : [];
  return new Set(keys.filter((key) => key.startsWith(prefix)).map((key) => key.slice(prefix.length)));
}

function readableSecrets(raw: Record<string, unknown>, encrypted: Set<string> | undefined): string[] {
  return "secretsYaml" in raw && encrypted?.has("secretsYaml") === false
    ? [
        `${namespace}:secretsYaml is in Pulumi.${pulumi.getStack()}.yaml for anyone to read; write it encrypted, with sops -d secrets.yaml | pulumi config set --secret ${namespace}:secretsYaml.`,
      ]
    : [];
}

/**
 * The stack's configuration; nothing else reads pulumi.Config. A wrong one ends the program with one sentence a mistake, before any
 * resource. `secretsYaml` comes back as a plain string: wrap it with `pulumi.secret` before it becomes an input.
 */
export function loadStackConfig(): StackConfig {
  const all = pulumi.runtime.allConfig();
  const config = new pulumi.Config(namespace);
  const own = Object.keys(all).filter((key) => key.startsWith(`${namespace}:`));
  const names = own.map((key) => key.slice(namespace.length + 1));
  const raw = Object.fromEntries(names.map((name) => [name, read(name, config.require(name))]));
  const encrypted = encryptedKeys();
  const parsed = mistakesOf(() => parseStackConfig(raw, encrypted));
  const mistakes = [
    ...strayNamespaces(Object.keys(all)),
    ...parsed.mistakes,
    ...readableSecrets(raw, encrypted),
    ...providerMistakes({ cloud: "cloud" in raw }, (key) => all[key], process.env),
  ];
  if (parsed.value === undefined || mistakes.length > 0) {
    throw userError(mistakes);
  }
  return parsed.value;
}
