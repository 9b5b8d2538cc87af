import { requestJson } from "../../../components/http/request";
import { objectAt, type Properties, stringList, text } from "../protocol/values";

export interface TailscaleSettings {
  baseUrl: string;
  tailnet: string;
  apiKey?: string;
  oauthClientId?: string;
  oauthClientSecret?: string;
  scopes: string[];
}

/** Provider settings, each with the environment variable that the provider reads in its place. */
export function tailscaleSettings(config: Properties, env: NodeJS.ProcessEnv): TailscaleSettings {
  return {
    baseUrl: (text(config, "baseUrl") ?? env.TAILSCALE_BASE_URL ?? "https://api.tailscale.com").replace(/\/$/, ""),
    tailnet: text(config, "tailnet") ?? env.TAILSCALE_TAILNET ?? "-",
    apiKey: text(config, "apiKey") ?? env.TAILSCALE_API_KEY,
    oauthClientId: text(config, "oauthClientId") ?? env.TAILSCALE_OAUTH_CLIENT_ID,
    oauthClientSecret: text(config, "oauthClientSecret") ?? env.TAILSCALE_OAUTH_CLIENT_SECRET,
    scopes: stringList(config.scopes),
  };
}

export interface ApiAnswer {
  status: number;
  body: unknown;
}

/** Tailscale's REST API, as far as the provider's resources need it. */
export class TailscaleApi {
  private token: Promise<string> | undefined;

  constructor(private readonly settings: TailscaleSettings) {}

  /** A request about the tailnet; answers other than success and `accepted` are errors. */
  async request(
    method: string,
    path: string,
    options: { body?: unknown; headers?: Record<string, string>; accepted?: number[] } = {},
  ): Promise<ApiAnswer> {
    const { baseUrl, tailnet } = this.settings;
    const url = `${baseUrl}/api/v2/tailnet/${encodeURIComponent(tailnet)}/${path}`;
    const headers = { authorization: await this.authorization(), ...options.headers };
    const { status, body } = await requestJson({ method, url, headers, body: options.body });
    if (status >= 300 && !options.accepted?.includes(status)) {
      throw new Error(`${method} ${url}: ${describe(body)} (${status})`);
    }
    return { status, body };
  }

  private async authorization(): Promise<string> {
    const { apiKey, oauthClientId, oauthClientSecret } = this.settings;
    if (apiKey) return `Bearer ${apiKey}`;
    if (!oauthClientId || !oauthClientSecret) {
      throw new Error("tailscale:apiKey, or tailscale:oauthClientId and tailscale:oauthClientSecret, must be set.");
    }
    this.token ??= this.exchange(oauthClientId, oauthClientSecret);
    return `Bearer ${await this.token}`;
  }

  private async exchange(id: string, clientSecret: string): Promise<string> {
    const url = `${this.settings.baseUrl}/api/v2/oauth/token`;
    const scopes = this.settings.scopes;
    const form = { client_id: id, client_secret: clientSecret, ...(scopes.length > 0 && { scope: scopes.join(" ") }) };
    const { status, body } = await requestJson({ method: "POST", url, form, retry: { idempotent: true } });
    const token = text(objectAt({ body: body as Properties }, "body"), "access_token");
    if (status >= 300 || !token) throw new Error(`POST ${url}: ${describe(body)} (${status})`);
    return token;
  }
}

function describe(body: unknown): string {
  const message = text(objectAt({ body: (body ?? null) as Properties }, "body"), "message");
  return message ?? (typeof body === "string" ? body.trim() : "no message");
}
