/** api.tailscale.com: keys, devices and the policy of one tailnet. */
import { at, flagAt, isObject, numberAt, remove, textAt, textsIn } from "../../json";
import type { JsonObject } from "../../json";
import type { Site, SiteRequest, SiteResponse } from "../../world";
import { randomText } from "../sim";
import type { Sim } from "../sim";
import { showDevice } from "./devices";
import { createKey, showKey } from "./keys";
import { answerPolicy } from "./policy";

export const TAILSCALE_HOST = "api.tailscale.com";
/** The lab's own credentials. They open nothing outside of it. */
const LAB_API_KEY = "tskey-api-lab";
const LAB_CLIENT_SECRET = /^tskey-client-lab/;
const TOKEN_SECONDS = 3600;

export const tailscaleSite = (sim: Sim): Site => ({
  handle: (request) => Promise.resolve(answer(sim, request)),
});

const refuse = (status: number, message: string): SiteResponse => ({ status, body: { message } });
const notFound = (): SiteResponse => refuse(404, "not found");

function answer(sim: Sim, request: SiteRequest): SiteResponse {
  if (request.path === "/api/v2/oauth/token") return giveToken(sim, request);
  if (!isAuthorized(sim, request)) return refuse(401, "API token invalid");
  const [, tailnet, rest] = /^\/api\/v2\/tailnet\/([^/]+)\/(.+)$/.exec(request.path) ?? [];
  if (tailnet !== undefined && rest !== undefined) return answerTailnet(sim, request, rest);
  const [, id, action] = /^\/api\/v2\/device\/([^/]+)(?:\/(.+))?$/.exec(request.path) ?? [];
  return id === undefined ? notFound() : answerDevice(sim, request, id, action);
}

function giveToken(sim: Sim, request: SiteRequest): SiteResponse {
  const form = new URLSearchParams(request.body);
  const [basicId, basicSecret] = basicCredentials(request);
  const id = form.get("client_id") ?? basicId;
  const secret = form.get("client_secret") ?? basicSecret ?? "";
  if (request.method !== "POST" || !id || !LAB_CLIENT_SECRET.test(secret)) return refuse(401, "API token invalid");
  const token = `tskey-api-${randomText(12)}CNTRL-${randomText(32)}`;
  sim.state.tailnet.tokens[token] = Date.now() + TOKEN_SECONDS * 1000;
  sim.changed();
  return { status: 200, body: { access_token: token, token_type: "Bearer", expires_in: TOKEN_SECONDS, scope: "all" } };
}

function isAuthorized(sim: Sim, request: SiteRequest): boolean {
  const bearer = /^bearer\s+(.+)$/i.exec(request.headers.authorization ?? "")?.[1];
  const credential = bearer ?? basicCredentials(request)[0];
  if (credential === undefined) return false;
  return credential === LAB_API_KEY || (sim.state.tailnet.tokens[credential] ?? 0) > Date.now();
}

function basicCredentials(request: SiteRequest): [string?, string?] {
  const encoded = /^basic\s+(.+)$/i.exec(request.headers.authorization ?? "")?.[1];
  if (encoded === undefined) return [];
  const text = Buffer.from(encoded, "base64").toString("utf8");
  const colon = text.indexOf(":");
  return colon < 0 ? [text] : [text.slice(0, colon), text.slice(colon + 1)];
}

function answerTailnet(sim: Sim, request: SiteRequest, rest: string): SiteResponse {
  const { keys, devices } = sim.state.tailnet;
  const call = `${request.method} ${rest}`;
  if (call === "GET keys") return { status: 200, body: { keys: Object.values(keys).map(showKey) } };
  if (call === "POST keys") return makeKey(sim, request);
  if (call === "GET devices")
    return { status: 200, body: { devices: Object.values(devices).map((device) => showDevice(sim, device)) } };
  if (rest === "acl" || rest === "acl/validate") return answerPolicy(sim, request, rest);
  const id = /^keys\/([^/]+)$/.exec(rest)?.[1];
  const key = id === undefined ? undefined : keys[id];
  if (!key) return notFound();
  if (request.method === "GET") return { status: 200, body: showKey(key) };
  if (request.method !== "DELETE") return refuse(405, "method not allowed");
  key.revoked ??= Date.now();
  sim.changed();
  return { status: 200, body: {} };
}

function makeKey(sim: Sim, request: SiteRequest): SiteResponse {
  const body = bodyOf(request);
  const wanted = body?.capabilities;
  if (!body || !isObject(wanted)) return refuse(400, "invalid request body");
  const create = at(wanted, "devices", "create");
  const made = createKey(sim, {
    description: textAt(body, "description") ?? "",
    expirySeconds: numberAt(body, "expirySeconds"),
    reusable: flagAt(create, "reusable"),
    ephemeral: flagAt(create, "ephemeral"),
    preauthorized: flagAt(create, "preauthorized"),
    tags: textsIn(create, "tags"),
  });
  return typeof made === "string" ? refuse(400, made) : { status: 200, body: { ...showKey(made), key: made.secret } };
}

function answerDevice(sim: Sim, request: SiteRequest, id: string, action: string | undefined): SiteResponse {
  const { devices } = sim.state.tailnet;
  const device = devices[id] ?? Object.values(devices).find((candidate) => candidate.id === id);
  if (!device) return refuse(404, `no device ${id}`);
  const call = `${request.method} ${action ?? ""}`.trim();
  switch (call) {
    case "GET":
      return { status: 200, body: showDevice(sim, device) };
    case "DELETE":
      remove(devices, device.nodeId);
      break;
    case "POST authorized":
      device.authorized = flagAt(bodyOf(request), "authorized");
      break;
    case "POST key":
      device.keyExpiryDisabled = flagAt(bodyOf(request), "keyExpiryDisabled");
      break;
    case "POST tags":
      device.tags = textsIn(bodyOf(request), "tags");
      break;
    default:
      return notFound();
  }
  sim.changed();
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
