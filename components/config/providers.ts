/** Settings of the providers that a stack can't do without, checked before they are needed. Pure. */

/** Reads a setting by its full key, such as `gcp:project`. */
export type Setting = (key: string) => string | undefined;
export type Environment = Readonly<Record<string, string | undefined>>;

const projectVariables = ["GOOGLE_PROJECT", "GOOGLE_CLOUD_PROJECT", "GCLOUD_PROJECT", "CLOUDSDK_CORE_PROJECT"];

function googleMistakes(setting: Setting, environment: Environment): string[] {
  return filled(setting("gcp:project")) || projectVariables.some((name) => filled(environment[name]))
    ? []
    : [
        "gcp:project is missing; write the id of your Google Cloud project, for example with pulumi config set gcp:project my-project-123.",
      ];
}

function filled(value: string | undefined): boolean {
  return value !== undefined && value.trim() !== "";
}

const keyCommand = "pulumi config set --secret tailscale:apiKey";

function tailscaleMistakes(setting: Setting, environment: Environment): string[] {
  const has = (key: string, ...variables: string[]): boolean =>
    filled(setting(`tailscale:${key}`)) || variables.some((name) => filled(environment[name]));
  const apiKey = has("apiKey", "TAILSCALE_API_KEY");
  const clientId = has("oauthClientId", "TAILSCALE_OAUTH_CLIENT_ID");
  const clientSecret = has("oauthClientSecret", "TAILSCALE_OAUTH_CLIENT_SECRET");
  if (apiKey && (clientId || clientSecret)) {
    return [
      "tailscale:apiKey and an OAuth client (tailscale:oauthClientId, tailscale:oauthClientSecret) are both set, in the configuration or the environment, and the provider takes only one; remove either.",
    ];
  }
  if (apiKey || (clientId && clientSecret)) return [];
  if (clientId) {
    return [
      "tailscale:oauthClientSecret is missing beside tailscale:oauthClientId; write it with pulumi config set --secret tailscale:oauthClientSecret.",
    ];
  }
  if (clientSecret) {
    return [
      "tailscale:oauthClientId is missing beside tailscale:oauthClientSecret; write it with pulumi config set tailscale:oauthClientId.",
    ];
  }
  return [
    `The credentials of your tailnet are missing; write an API key with ${keyCommand}, or an OAuth client as tailscale:oauthClientId and tailscale:oauthClientSecret.`,
  ];
}

/** One sentence for each setting of a provider that is missing or in conflict. */
export function providerMistakes(parts: { cloud: boolean }, setting: Setting, environment: Environment): string[] {
  return [...(parts.cloud ? googleMistakes(setting, environment) : []), ...tailscaleMistakes(setting, environment)];
}
