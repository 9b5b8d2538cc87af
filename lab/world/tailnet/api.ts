/** api.tailscale.com: keys, devices and the policy of one tailnet. */
import { at, flagAt, isObject, numberAt, textAt, textsIn } from "../json";
import type { JsonObject } from "../json";
import { randomText } from "../sim/sim";
import type { Site, SiteRequest, SiteResponse } from "../world";
import { keyMistake, showKey } from "./keys";
import { answerPolicy } from "./policy";
import type { KeyRequest, TailnetStore } from "./store";

export const TAILSCALE_HOST = "api.tailscale.com";
/** The lab's own credentials. They open nothing outside of it. */
const LAB_API_KEY = "tskey-api-lab";
const LAB_CLIENT_SECRET = /^tskey-client-lab/;
const TOKEN_SECONDS = 3600;

export const tailscaleSite = (store: TailnetStore): Site => ({
  handle: (request) => answer(store, request),
});

const refuse = (status: number, message: string): SiteResponse => ({ status, body: { message } });
const notFound = (): SiteResponse => refuse(404, "not found");

async function answer(store: TailnetStore, request: SiteRequest): Promise<SiteResponse> {
  if (request.path === "/api/v2/oauth/token") return giveToken(store, request);
  if (!isAuthorized(store, request)) return refuse(401, "API token invalid");
  const [, tailnet, rest] = /^\/api\/v2\/tailnet\/([^/]+)\/(.+)$/.exec(request.path) ?? [];
  if (tailnet !== undefined && rest !== undefined) return answerTailnet(store, request, rest);
  const [, id, action] = /^\/api\/v2\/device\/([^/]+)(?:\/(.+))?$/.exec(request.path) ?? [];
  return id === undefined ? notFound() : answerDevice(store, request, id, action);
}

function giveToken(store: TailnetStore, request: SiteRequest): SiteResponse {
  const form = new URLSearchParams(request.body);
  const [basicId, basicSecret] = basicCredentials(request);
  const id = form.get("client_id") ?? basicId;
  const secret = form.get("client_secret") ?? basicSecret ?? "";
  if (request.method !== "POST" || !id || !LAB_CLIENT_SECRET.test(secret)) return refuse(401, "API token invalid");
  const token = `tskey-api-${randomText(12)}CNTRL-${randomText(32)}`;
  store.addToken(token, Date.now() + TOKEN_SECONDS * 1000);
  return { status: 200, body: { access_token: token, token_type: "Bearer", expires_in: TOKEN_SECONDS, scope: "all" } };
}

function isAuthorized(store: TailnetStore, request: SiteRequest): boolean {
  const bearer = /^bearer\s+(.+)$/i.exec(request.headers.authorization ?? "")?.[1];
  const credential = bearer ?? basicCredentials(request)[0];
  return credential !== undefined && (credential === LAB_API_KEY || store.isToken(credential));
}

function basicCredentials(request: SiteRequest): [string?, string?] {
  const encoded = /^basic\s+(.+)$/i.exec(request.headers.authorization ?? "")?.[1];
  if (encoded === undefined) return [];
  const text = Buffer.from(encoded, "base64").toString("utf8");
  const colon = text.indexOf(":");
  return colon < 0 ? [text] : [text.slice(0, colon), text.slice(colon + 1)];
}

async function answerTailnet(store: TailnetStore, request: SiteRequest, rest: string): Promise<SiteResponse> {
  const call = `${request.method} ${rest}`;
  if (call === "GET keys") return { status: 200, body: { keys: (await store.keys()).map(showKey) } };
  if (call === "POST keys") return makeKey(store, request);
  if (call === "GET devices") return { status: 200, body: { devices: await store.devices() } };
  if (rest === "acl" || rest === "acl/validate") return answerPolicy(store, request, rest);
  const id = /^keys\/([^/]+)$/.exec(rest)?.[1];
  const key = id === undefined ? undefined : (await store.keys()).find((candidate) => candidate.id === id);
  if (!key) return notFound();
  if (request.method === "GET") return { status: 200, body: showKey(key) };
  if (request.method !== "DELETE") return refuse(405, "method not allowed");
  await store.revokeKey(key.id);
  return { status: 200, body: {} };
}

async function makeKey(store: TailnetStore, request: SiteRequest): Promise<SiteResponse> {
  const body = bodyOf(request);
  const wanted = body?.capabilities;
  if (!body || !isObject(wanted)) return refuse(400, "invalid request body");
  const create = at(wanted, "devices", "create");
  const key: KeyRequest = {
    description: textAt(body, "description") ?? "",
    expirySeconds: numberAt(body, "expirySeconds"),
    reusable: flagAt(create, "reusable"),
    ephemeral: flagAt(create, "ephemeral"),
    preauthorized: flagAt(create, "preauthorized"),
    tags: textsIn(create, "tags"),
  };
  const mistake = keyMistake(key, store.policy());
  if (mistake !== undefined) return refuse(400, mistake);
  const made = await store.createKey(key);
  return { status: 200, body: { ...showKey(made), key: made.secret } };
}

async function answerDevice(
  store: TailnetStore,
  request: SiteRequest,
  id: string,
  action: string | undefined,
): Promise<SiteResponse> {
  const device = (await store.devices()).find((candidate) => candidate.nodeId === id || candidate.id === id);
  if (!device) return refuse(404, `no device ${id}`);
  const { nodeId } = device;
  const call = `${request.method} ${action ?? ""}`.trim();
  switch (call) {
    case "GET":
      return { status: 200, body: device };
    case "DELETE":
      await store.deleteDevice(nodeId);
      break;
    case "POST authorized":
      await store.authorizeDevice(nodeId, flagAt(bodyOf(request), "authorized"));
      break;
    case "POST key":
      await store.disableKeyExpiry(nodeId, flagAt(bodyOf(request), "keyExpiryDisabled"));
      break;
    case "POST tags":
      await store.setTags(nodeId, textsIn(bodyOf(request), "tags"));
      break;
    default:
      return notFound();
  }
  return { status: 200, body: {} };
}

function bodyOf(request: SiteRequest): JsonObject | undefined {
  try {
    const body: unknown = JSON.parse(request.body);
    return isObject(body) ? body : undefined;
  } catch {
    return undefined;
  }
}
