/** The lab's world, as plugins reach it: JSON over HTTP on the loopback interface. */
import * as http from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { isObject, type Properties, type Value } from "./protocol/values";

/** Longer than any wait that the world makes by itself. */
const answerTimeoutMs = 45 * 60_000;
const attempts = 6;

/**
 * What the real provider of a service repeats: Google's client whatever may pass, creates too, and Talos' everything until its time is up. libvirt's
 * speaks to a socket and repeats nothing.
 */
const repeated: Record<string, number[]> = { gcp: [429, 500, 502, 503], talos: [429, 500, 502, 503] };

/** The world's own words for what went wrong. */
export class WorldError extends Error {}

/** Calls a method of the world, and repeats it where the real provider would. */
export async function callWorld(method: string, params: Properties, signal?: AbortSignal): Promise<Value> {
  const base = process.env.LAB_WORLD;
  if (!base) throw new WorldError("LAB_WORLD is not set: this plugin only works inside the lab (npm start)");
  const statuses = repeated[method.split(".")[0] ?? ""] ?? [];
  for (let attempt = 1; ; attempt++) {
    try {
      const { status, body } = await post(`${base}/rpc/${method}`, JSON.stringify(params), signal);
      if (status < 400) return body.result ?? null;
      const message =
        isObject(body.error) && typeof body.error.message === "string" ? body.error.message : `HTTP status ${status}`;
      // 504 is the world's own patience at its end, after a wait that need not be made again.
      if (!statuses.includes(status) || attempt === attempts) throw new WorldError(message);
    } catch (error) {
      if (error instanceof WorldError || signal?.aborted) throw error;
      const code = (error as NodeJS.ErrnoException).code ?? "";
      const broken = ["ECONNREFUSED", "ECONNRESET", "EPIPE", "ETIMEDOUT"].includes(code);
      if (!broken || statuses.length === 0 || attempt === attempts) {
        throw new WorldError(`${method} got no answer: ${broken ? "the connection broke" : messageOf(error)}`);
      }
    }
    await sleep(200 * 2 ** attempt, undefined, { signal });
  }
}

function post(url: string, body: string, signal?: AbortSignal): Promise<{ status: number; body: Properties }> {
  return new Promise((resolve, reject) => {
    const request = http.request(
      url,
      {
        method: "POST",
        headers: { "content-type": "application/json", "content-length": Buffer.byteLength(body) },
        timeout: answerTimeoutMs,
        signal,
        agent: false,
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("error", reject);
        response.on("end", () => {
          resolve({ status: response.statusCode ?? 0, body: parse(Buffer.concat(chunks).toString("utf8")) });
        });
      },
    );
    request.on("timeout", () => request.destroy(Object.assign(new Error("no answer in time"), { code: "ETIMEDOUT" })));
    request.on("error", reject);
    request.end(body);
  });
}

function parse(text: string): Properties {
  try {
    const value = JSON.parse(text) as Value;
    return isObject(value) ? value : {};
  } catch {
    return {};
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
