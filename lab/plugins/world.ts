/** The lab's world, as plugins reach it: JSON over HTTP on the loopback interface. */
import * as http from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { isObject, type Properties, type Value } from "./protocol/values";

/** Longer than any wait that the world makes by itself. */
const answerTimeoutMs = 45 * 60_000;
const attempts = 6;

/** The world's own words for what went wrong. */
export class WorldError extends Error {}

/** Calls a method of the world. What cannot have been carried out is tried again; a call that was cut off only where repeating it is safe. */
export async function callWorld(method: string, params: Properties, signal?: AbortSignal): Promise<Value> {
  const base = process.env.LAB_WORLD;
  if (!base) throw new WorldError("LAB_WORLD is not set: this plugin only works inside the lab (npm start)");
  const repeatable = !method.endsWith(".create");
  for (let attempt = 1; ; attempt++) {
    try {
      const { status, body } = await post(`${base}/rpc/${method}`, JSON.stringify(params), signal);
      if (status < 400) return body.result ?? null;
      const message =
        isObject(body.error) && typeof body.error.message === "string" ? body.error.message : `HTTP status ${status}`;
      // 504 is the world's own patience at its end, after a wait that need not be made again.
      if (![429, 502, 503].includes(status) || attempt === attempts) throw new WorldError(message);
    } catch (error) {
      if (error instanceof WorldError || signal?.aborted) throw error;
      const code = (error as NodeJS.ErrnoException).code ?? "";
      const worthAnother =
        code === "ECONNREFUSED" || (repeatable && ["ECONNRESET", "EPIPE", "ETIMEDOUT"].includes(code));
      if (!worthAnother || attempt === attempts) {
        throw new WorldError(
          `the lab's world did not answer ${method}: ${error instanceof Error ? error.message : String(error)}`,
        );
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
