/**
 * JSON over HTTP(S) for dynamic resources. Pulumi serialises this code into the state, so it is made of plain functions over Node's
 * own modules and two npm packages. An error names method, URL and reason, never a header, a query or a body: they may hold secrets.
 */
import * as http from "http";
import * as https from "https";
import * as httpsProxyAgent from "https-proxy-agent";
import proxyFromEnv from "proxy-from-env";
import * as tls from "tls";

export interface RetryOptions {
  /** How often the request is sent at most. @default 5 */
  attempts?: number;
  /** Delay before the second attempt, ms; doubles from there. @default 500 */
  firstDelayMs?: number;
  /** Longest delay, ms. A `Retry-After` beyond it ends the attempts. @default 30000 */
  maxDelayMs?: number;
  /** Whether it is safe to send the request twice. @default by method: GET, HEAD, PUT and DELETE are */
  idempotent?: boolean;
}

export interface TlsMaterial {
  /** Certificate authority that the server's certificate must come from, PEM. @default the system's */
  ca?: string;
  /** Client certificate, PEM. */
  cert?: string;
  /** Key of the client certificate, PEM. */
  key?: string;
}

export interface JsonRequest {
  method: string;
  url: string;
  headers?: Record<string, string>;
  /** Sent as JSON. */
  body?: unknown;
  /** Sent as a form, in place of `body`. */
  form?: Record<string, string>;
  tls?: TlsMaterial;
  /** Longest time that one attempt may take, ms. @default 15000 */
  timeoutMs?: number;
  retry?: RetryOptions;
}

export interface JsonResponse {
  status: number;
  /** The parsed JSON; the text itself where it is not JSON; `undefined` where there is none. */
  body: unknown;
}

interface Answer extends JsonResponse {
  retryAfter: string | undefined;
}

/**
 * Sends the request and gives back the answer, whatever its status. Repeats it, within bounds, on 429, on 5xx and on network errors.
 * Throws, with `isUnreachable`, when no answer could be had.
 */
export async function requestJson(request: JsonRequest): Promise<JsonResponse> {
  const retry = request.retry ?? {};
  const attempts = Math.max(1, retry.attempts ?? 5);
  const maxDelayMs = retry.maxDelayMs ?? 30_000;
  const repeatable = retry.idempotent ?? ["GET", "HEAD", "PUT", "DELETE"].includes(request.method);
  for (let attempt = 1; ; attempt++) {
    const backOff = backOffMs(attempt, retry.firstDelayMs ?? 500, maxDelayMs);
    try {
      const answer = await send(request);
      // A server that asks for no pause at all still gets one.
      const delay = Math.max(backOff, retryAfterMs(answer.retryAfter, Date.now()) ?? 0);
      const again = answer.status === 429 || (repeatable && [500, 502, 503, 504].includes(answer.status));
      if (!again || attempt >= attempts || delay > maxDelayMs) {
        return { status: answer.status, body: answer.body };
      }
      await sleep(delay);
    } catch (error) {
      if (attempt >= attempts || !mayRepeat(error, repeatable)) {
        throw noAnswer(request, error);
      }
      await sleep(backOff);
    }
  }
}

/** Whether the error is that of a request which got no answer, or one that is as good as none. */
export function isUnreachable(error: unknown): error is Error {
  return error instanceof Error && "unreachable" in error;
}

/** Whether an answer tells of trouble of the server's own and nothing of what was asked: another time it may be another one. */
export function isOutOfOrder(answer: JsonResponse): boolean {
  return answer.status === 429 || answer.status >= 500;
}

/** An error that `isUnreachable`, for an answer that is as good as none. */
export function unreachable(message: string): Error {
  return Object.assign(new Error(message), { unreachable: true });
}

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Exponential, with jitter over its upper half, so that many resources do not come back at the same moment. */
export function backOffMs(attempt: number, firstDelayMs: number, maxDelayMs: number): number {
  const full = Math.min(maxDelayMs, firstDelayMs * 2 ** (attempt - 1));
  return full * (0.5 + Math.random() / 2);
}

/** `Retry-After` as milliseconds: it is a number of seconds or a date. */
export function retryAfterMs(header: string | undefined, now: number): number | undefined {
  if (header === undefined || header.trim() === "") {
    return undefined;
  }
  const seconds = Number(header);
  const ms = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(header) - now;
  return Number.isNaN(ms) ? undefined : Math.max(0, ms);
}

function send(request: JsonRequest): Promise<Answer> {
  const url = new URL(request.url);
  const payload = encode(request);
  const timeoutMs = request.timeoutMs ?? 15_000;
  const proxy = proxyFromEnv.getProxyForUrl(request.url);
  const secure = url.protocol === "https:";
  const options: https.RequestOptions = {
    method: request.method,
    headers: { accept: "application/json", ...payload.headers, ...request.headers },
    agent: proxy === "" ? false : new httpsProxyAgent.HttpsProxyAgent(proxy),
  };
  if (secure) {
    const host = url.hostname.replace(/^\[|\]$/g, "");
    // Through a proxy the TLS layer sees no host where the URL has an address, so the name to check is given here.
    options.checkServerIdentity = (_name, certificate) => tls.checkServerIdentity(host, certificate);
    options.ca = request.tls?.ca;
    options.cert = request.tls?.cert;
    options.key = request.tls?.key;
  }
  return new Promise((resolve, reject) => {
    const outgoing = (secure ? https : http).request(url, options, (incoming) => {
      const chunks: Buffer[] = [];
      incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
      incoming.on("error", reject);
      incoming.on("end", () => {
        const status = incoming.statusCode ?? 0;
        if (secure && proxy !== "" && !("encrypted" in incoming.socket)) {
          // The answer came from the proxy itself: there is no TLS connection to the server.
          reject(Object.assign(new Error(`the proxy ${new URL(proxy).host} answered ${status}`), { status }));
          return;
        }
        const retryAfter = incoming.headers["retry-after"];
        resolve({ status, body: decode(Buffer.concat(chunks).toString("utf8")), retryAfter });
      });
    });
    const timer = setTimeout(() => {
      outgoing.destroy(Object.assign(new Error(`no answer within ${timeoutMs / 1000} s`), { code: "ETIMEDOUT" }));
    }, timeoutMs);
    outgoing.on("error", reject);
    outgoing.on("close", () => {
      clearTimeout(timer);
    });
    outgoing.end(payload.text);
  });
}

function encode(request: JsonRequest): { text?: string; headers: Record<string, string> } {
  if (request.form === undefined && request.body === undefined) return { headers: {} };
  const [text, type] =
    request.form === undefined
      ? [JSON.stringify(request.body), "application/json"]
      : [new URLSearchParams(request.form).toString(), "application/x-www-form-urlencoded"];
  // Node leaves the length out for methods that usually have no body, DELETE among them, and the connection is lost after it.
  return { text, headers: { "content-type": type, "content-length": String(Buffer.byteLength(text)) } };
}

function decode(text: string): unknown {
  if (text.trim() === "") {
    return undefined;
  }
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function errorCode(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "";
}

/** A refused certificate stays refused; a request which never left may be repeated whatever it does. */
function mayRepeat(error: unknown, repeatable: boolean): boolean {
  const code = errorCode(error);
  if (/^(ERR_|CERT_|UNABLE_TO_|DEPTH_ZERO|SELF_SIGNED|EPROTO)/.test(code)) {
    return false;
  }
  if (error instanceof Error && "status" in error) {
    return Number(error.status) >= 500;
  }
  return repeatable || ["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "EHOSTUNREACH", "ENETUNREACH"].includes(code);
}

function noAnswer(request: JsonRequest, error: unknown): Error {
  const url = new URL(request.url);
  const message = `${request.method} ${url.origin}${url.pathname}: ${reasonOf(error)}`;
  return Object.assign(unreachable(message), { code: errorCode(error) });
}

/** Node's words for a connection that came to nothing tell a person little, and of a name that resolves to two addresses nothing at all. */
function reasonOf(error: unknown): string {
  const code = errorCode(error);
  const plain: Record<string, string | undefined> = {
    ECONNRESET: "the connection broke before an answer came",
    EPIPE: "the connection broke before an answer came",
    ECONNREFUSED: "the connection was refused",
    EHOSTUNREACH: "there is no way to this host",
    ENETUNREACH: "there is no way to this network",
    ENOTFOUND: "this host name is not known",
    EAI_AGAIN: "the host name could not be looked up",
  };
  return plain[code] ?? ((error instanceof Error && error.message) || code || "no connection");
}
