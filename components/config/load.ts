import * as pulumi from "@pulumi/pulumi";
import { hideSecrets } from "./hideSecrets";
import { ConfigMistake } from "./mistakes";
import { didYouMean } from "./nearest";
import { parseStackConfig } from "./parse";
import { namespace } from "./paths";
import type { Settings } from "./providerKeys";
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

/** Namespaces that are read, and others under which people write the same. */
const namespaces = [namespace, "gcp", "tailscale"];
const synonyms: Readonly<Record<string, string>> = {
  google: "gcp",
  gcloud: "gcp",
  confg: namespace,
  config: namespace,
};

function meantNamespace(space: string): string | undefined {
  if (namespaces.includes(space)) return undefined;
  return Object.hasOwn(synonyms, space) ? synonyms[space] : didYouMean(space, namespaces);
}

/** The settings under the namespaces that were meant: in one that is ours but for a letter nobody would read them. */
function inNamespaces(written: Settings): { settings: Settings; mistakes: string[] } {
  const stray = Object.entries(written).flatMap(([key, value]) => {
    const [space = "", ...name] = key.split(":");
    const meant = meantNamespace(space);
    return meant === undefined ? [] : [{ key, value, meant: `${meant}:${name.join(":")}` }];
  });
  return {
    settings: { ...Object.fromEntries(stray.map(({ value, meant }) => [meant, value])), ...written },
    mistakes: stray.map(({ key, meant }) => `${key} is in a namespace that nothing reads; did you mean ${meant}?`),
  };
}

/** Full names of the keys that are encrypted; nothing where no language host said which are. */
function encryptedKeys(): Set<string> | undefined {
  const text = process.env[secretKeysVariable] ?? "";
  if (text === "") return undefined;
  const listed: unknown = JSON.parse(text);
  return new Set(Array.isArray(listed) ? listed.filter((key) => typeof key === "string") : []);
}

const file = (): string => `Pulumi.${pulumi.getStack()}.yaml`;

function readableSecrets(settings: Settings, encrypted: ReadonlySet<string> | undefined): string[] {
  const key = `${namespace}:secretsYaml`;
  return Object.hasOwn(settings, key) && encrypted?.has(key) === false
    ? [
        `${key} is in ${file()} for anyone to read; write it encrypted, with sops -d secrets.yaml | pulumi config set --secret ${key}.`,
      ]
    : [];
}

/**
 * The stack's configuration; nothing else reads pulumi.Config. A wrong one ends the program with one sentence a mistake, before any
 * resource. `secretsYaml` comes back as a plain string: wrap it with `pulumi.secret` before it becomes an input.
 */
export function loadStackConfig(): StackConfig {
  const written = pulumi.runtime.allConfig();
  const { settings, mistakes: strays } = inNamespaces(written);
  const prefix = `${namespace}:`;
  const ours = (keys: Iterable<string>): string[] =>
    [...keys].filter((key) => key.startsWith(prefix)).map((key) => key.slice(prefix.length));
  if (Object.keys(settings).every((key) => !namespaces.includes(key.split(":")[0] ?? ""))) {
    throw userError([
      `${file()} has no setting of this program below its \`config:\`; write the settings of your stack there, as in Pulumi.dev.yaml for a cluster or Pulumi.edge.yaml for a further site.`,
    ]);
  }
  const raw = Object.fromEntries(
    ours(Object.keys(settings)).map((name) => [name, read(name, settings[prefix + name] ?? "")]),
  );
  const encrypted = encryptedKeys();
  const parsed = mistakesOf(() => parseStackConfig(raw, encrypted && new Set(ours(encrypted))));
  const mistakes = [
    ...strays,
    ...parsed.mistakes,
    ...readableSecrets(settings, encrypted),
    ...providerMistakes({ cloud: Object.hasOwn(raw, "cloud") }, settings, process.env, encrypted),
  ];
  if (parsed.value === undefined || mistakes.length > 0) {
    throw userError(hideSecrets(mistakes, secretValues(settings, encrypted)));
  }
  return parsed.value;
}

function secretValues(settings: Settings, encrypted: ReadonlySet<string> = new Set()): unknown[] {
  return [...encrypted].map((key) => read(key, settings[key] ?? ""));
}
