import { describe, expect, it } from "vitest";
import { providerMistakes } from "../../components/config/providers";

type Values = Record<string, string>;

const both = { cloud: true };
const key = { "tailscale:apiKey": "tskey-api-x" };
const mistakes = (parts: { cloud: boolean }, settings: Values, environment: Values = {}): string[] =>
  providerMistakes(parts, settings, environment);

const noProject =
  "gcp:project is missing; write the id of your Google Cloud project, for example with pulumi config set gcp:project my-project-123.";
const noCredentials =
  "The credentials of your tailnet are missing; write an API key with pulumi config set --secret tailscale:apiKey, or an OAuth client as tailscale:oauthClientId and tailscale:oauthClientSecret.";

describe("settings of the providers", () => {
  it.each(["GOOGLE_PROJECT", "GOOGLE_CLOUD_PROJECT", "GCLOUD_PROJECT", "CLOUDSDK_CORE_PROJECT"])(
    "take the project from %s",
    (name) => {
      expect(mistakes(both, key, { [name]: "p" })).toEqual([]);
      expect(mistakes(both, key, { [name]: " " })).toEqual([noProject]);
    },
  );

  it("need a project only for the cloud part", () => {
    expect(mistakes(both, key)).toEqual([noProject]);
    expect(mistakes({ cloud: false }, key)).toEqual([]);
    expect(mistakes(both, { ...key, "gcp:project": "my-project" })).toEqual([]);
  });

  it.each<[string, Values, Values, string[]]>([
    ["nothing", {}, {}, [noCredentials]],
    ["a key from the environment", {}, { TAILSCALE_API_KEY: "k" }, []],
    ["an OAuth client", { "tailscale:oauthClientId": "i", "tailscale:oauthClientSecret": "s" }, {}, []],
    [
      "an OAuth client from both places",
      { "tailscale:oauthClientId": "i" },
      { TAILSCALE_OAUTH_CLIENT_SECRET: "s" },
      [],
    ],
    [
      "a client without its secret",
      { "tailscale:oauthClientId": "i" },
      {},
      [
        "tailscale:oauthClientSecret is missing beside tailscale:oauthClientId; write it with pulumi config set --secret tailscale:oauthClientSecret.",
      ],
    ],
    [
      "a secret without its client",
      {},
      { TAILSCALE_OAUTH_CLIENT_SECRET: "s" },
      [
        "tailscale:oauthClientId is missing beside tailscale:oauthClientSecret; write it with pulumi config set tailscale:oauthClientId.",
      ],
    ],
    [
      "a key and a client",
      key,
      { TAILSCALE_OAUTH_CLIENT_ID: "i" },
      [
        "tailscale:apiKey and an OAuth client (tailscale:oauthClientId, tailscale:oauthClientSecret) are both set, in the configuration or the environment, and the provider takes only one; remove either.",
      ],
    ],
  ])("with %s", (_what, settings, environment, sentences) => {
    expect(mistakes({ cloud: false }, settings, environment)).toEqual(sentences);
  });
});
