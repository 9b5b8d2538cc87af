/** Settings of the providers that a stack can't do without, checked before they are needed. Pure. */
import { namedSettings, type Settings } from "./providerKeys";
import { show } from "./show";

export type Environment = Readonly<Record<string, string | undefined>>;

/** Answers a setting by its full key, such as `gcp:project`; nothing where it is empty. */
type Setting = (key: string) => string | undefined;

const projectVariables = ["GOOGLE_PROJECT", "GOOGLE_CLOUD_PROJECT", "GCLOUD_PROJECT", "CLOUDSDK_CORE_PROJECT"];
const setProject = "for example with pulumi config set gcp:project my-project-123";

/** A project's id, with the domain in front that some have, or its number. */
const projectForm = /^(([a-z0-9.-]+:)?[a-z][a-z0-9-]{4,28}[a-z0-9]|\d{6,})$/;

function filled(value: string | undefined): boolean {
  return value !== undefined && value.trim() !== "";
}

function googleMistakes(setting: Setting, environment: Environment): string[] {
  const project = setting("gcp:project");
  if (project !== undefined) {
    return projectForm.test(project)
      ? []
      : [
          `gcp:project is ${show(project)}, but must be the id of a project, which is 6 to 30 lower-case letters, digits and hyphens; write it ${setProject}.`,
        ];
  }
  return projectVariables.some((name) => filled(environment[name]))
    ? []
    : [`gcp:project is missing; write the id of your Google Cloud project, ${setProject}.`];
}

const setSecret = (key: string): string => `pulumi config set --secret ${key}`;

/** What keeps a key from being of its kind. A key's prefix tells its kind, and says nothing of the key. */
function kindMistake(key: string, value: string | undefined, prefix: string, what: string): string[] {
  const kind = /^tskey-(api|auth|client|scim|webhook)-/.exec(value ?? "")?.[0];
  return kind === undefined || kind === prefix
    ? []
    : [
        `${key} begins with ${kind}, but must be ${what}, which begins with ${prefix}; write it with ${setSecret(key)}.`,
      ];
}

function tailscaleMistakes(setting: Setting, environment: Environment): string[] {
  const value = (key: string, variable: string): string | undefined =>
    setting(`tailscale:${key}`) ?? (filled(environment[variable]) ? environment[variable] : undefined);
  const apiKey = value("apiKey", "TAILSCALE_API_KEY");
  const clientId = value("oauthClientId", "TAILSCALE_OAUTH_CLIENT_ID");
  const clientSecret = value("oauthClientSecret", "TAILSCALE_OAUTH_CLIENT_SECRET");
  if (apiKey !== undefined && (clientId !== undefined || clientSecret !== undefined)) {
    return [
      "tailscale:apiKey and an OAuth client (tailscale:oauthClientId, tailscale:oauthClientSecret) are both set, in the configuration or the environment, and the provider takes only one; remove either.",
    ];
  }
  if (apiKey === undefined && clientId === undefined && clientSecret === undefined) {
    return [
      `The credentials of your tailnet are missing; write an API key with ${setSecret("tailscale:apiKey")}, or an OAuth client as tailscale:oauthClientId and tailscale:oauthClientSecret.`,
    ];
  }
  if (clientId !== undefined && clientSecret === undefined) {
    return [
      `tailscale:oauthClientSecret is missing beside tailscale:oauthClientId; write it with ${setSecret("tailscale:oauthClientSecret")}.`,
    ];
  }
  if (clientSecret !== undefined && clientId === undefined) {
    return [
      "tailscale:oauthClientId is missing beside tailscale:oauthClientSecret; write it with pulumi config set tailscale:oauthClientId.",
    ];
  }
  return [
    ...kindMistake("tailscale:apiKey", apiKey, "tskey-api-", "an API access token"),
    ...kindMistake("tailscale:oauthClientSecret", clientSecret, "tskey-client-", "the secret of an OAuth client"),
  ];
}

/** A key that opens something has an id and a secret; a made-up one such as the lab's has not. */
const realKey = /^tskey-[a-z]+-\w+-\w+/;

function readableKeys(settings: Settings, encrypted: ReadonlySet<string> | undefined): string[] {
  return Object.keys(settings)
    .filter((key) => encrypted?.has(key) === false && realKey.test(settings[key]?.trim() ?? ""))
    .map(
      (key) =>
        `${key} holds a key of your tailnet for anyone to read; revoke it, make another and write that encrypted, with pulumi config set --secret ${key}.`,
    );
}

/**
 * One sentence for each setting of a provider that is missing, unknown or in conflict.
 *
 * @param encrypted - Full names of the keys that are encrypted; nothing where that is not known.
 */
export function providerMistakes(
  parts: { cloud: boolean },
  written: Settings,
  environment: Environment,
  encrypted?: ReadonlySet<string>,
): string[] {
  const { settings, mistakes } = namedSettings(written);
  const setting: Setting = (key) => (filled(settings[key]) ? settings[key] : undefined);
  return [
    ...mistakes,
    ...(parts.cloud ? googleMistakes(setting, environment) : []),
    ...tailscaleMistakes(setting, environment),
    ...readableKeys(written, encrypted),
  ];
}
