/** Tailscale's API, as far as the Tailscale provider does not cover it: watching for and deleting devices. */
import { textAt } from "../http/json";
import {
  isOutOfOrder,
  isUnreachable,
  type JsonRequest,
  type JsonResponse,
  requestJson,
  unreachable,
} from "../http/request";

export interface TailnetAccess {
  /** Base URL of the API. */
  baseUrl: string;
  /** The tailnet; `-` is the one that the credentials belong to. */
  tailnet: string;
  apiKey: string;
  oauthClientId: string;
  oauthClientSecret: string;
}

/** Settings of the Tailscale provider that give access to the tailnet. */
export const accessSettings = ["baseUrl", "tailnet", "apiKey", "oauthClientId", "oauthClientSecret"] as const;

/** What the Tailscale provider reads too: its configuration first, then the environment. */
export function tailnetAccess(config: Record<string, string | undefined>): TailnetAccess {
  const value = (key: string, variable: string): string => config[key] ?? process.env[variable] ?? "";
  const access = {
    baseUrl: (value("baseUrl", "TAILSCALE_BASE_URL") || "https://api.tailscale.com").replace(/\/+$/, ""),
    tailnet: value("tailnet", "TAILSCALE_TAILNET") || "-",
    apiKey: value("apiKey", "TAILSCALE_API_KEY"),
    oauthClientId: value("oauthClientId", "TAILSCALE_OAUTH_CLIENT_ID"),
    oauthClientSecret: value("oauthClientSecret", "TAILSCALE_OAUTH_CLIENT_SECRET"),
  };
  if (access.apiKey === "" && (access.oauthClientId === "" || access.oauthClientSecret === "")) {
    throw new Error(
      "No credentials for the Tailscale API. Set tailscale:oauthClientId and tailscale:oauthClientSecret, or tailscale:apiKey, " +
        "with `pulumi config set --secret`, or TAILSCALE_OAUTH_CLIENT_ID and TAILSCALE_OAUTH_CLIENT_SECRET, or TAILSCALE_API_KEY.",
    );
  }
  return access;
}

/** Value of the Authorization header: an OAuth client's access token (valid for an hour), or the API key. */
export async function authorize(access: TailnetAccess): Promise<string> {
  if (access.oauthClientId === "" || access.oauthClientSecret === "") {
    return `Bearer ${access.apiKey}`;
  }
  const answer = await ask({
    method: "POST",
    url: `${access.baseUrl}/api/v2/oauth/token`,
    form: {
      client_id: access.oauthClientId,
      client_secret: access.oauthClientSecret,
      grant_type: "client_credentials",
    },
    retry: { idempotent: true },
  });
  const token = textAt(answer.body, "access_token");
  if (answer.status !== 200 || token === "") {
    throw new Error(
      `Tailscale refused the OAuth client (${refusal(answer)}). It needs the scopes devices:core and auth_keys.`,
    );
  }
  return `Bearer ${token}`;
}

export function tailnetRequest(
  access: TailnetAccess,
  authorization: string,
  method: string,
  path: string,
): Promise<JsonResponse> {
  return ask({ method, url: `${access.baseUrl}${path}`, headers: { authorization } });
}

/** The API's answer to what is asked. None at all and one about trouble of its own are the same: the error `isUnreachable`. */
async function ask(request: JsonRequest): Promise<JsonResponse> {
  const trouble = (reason: string): Error =>
    unreachable(`Tailscale's API is out of reach or out of order (${reason}). Run this again once it answers.`);
  let answer: JsonResponse;
  try {
    answer = await requestJson(request);
  } catch (error) {
    throw isUnreachable(error) ? trouble(error.message) : error;
  }
  if (isOutOfOrder(answer)) throw trouble(`${request.method} ${request.url}: ${refusal(answer)}`);
  return answer;
}

/** `404: no such device`, as the API says it. */
export function refusal(answer: JsonResponse): string {
  const message = textAt(answer.body, "message");
  return message === "" ? `HTTP ${answer.status}` : `HTTP ${answer.status}: ${message}`;
}
