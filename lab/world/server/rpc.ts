/** `POST /rpc/<method>`: the calls of the provider plugins, JSON in and out. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { isObject } from "../json";
import type { JsonObject } from "../json";
import { WorldError } from "../world";
import type { World } from "../world";

const PREFIX = "/rpc/";
const LARGEST_BODY = 32 * 1024 * 1024;

export async function answerRpc(world: World, request: IncomingMessage, response: ServerResponse): Promise<void> {
  try {
    const path = request.url ?? "";
    if (request.method !== "POST" || !path.startsWith(PREFIX)) throw new WorldError(`no such page: ${path}`, 404);
    const params = parseParams(await readBody(request));
    send(response, 200, { result: (await world.call(path.slice(PREFIX.length), params)) ?? null });
  } catch (error) {
    const status = error instanceof WorldError ? error.status : 500;
    send(response, status, { error: { message: error instanceof Error ? error.message : String(error) } });
  }
}

export async function readBody(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of request) {
    const chunk = part as Buffer;
    size += chunk.length;
    if (size > LARGEST_BODY) throw new WorldError("request body too large", 413);
    parts.push(chunk);
  }
  return Buffer.concat(parts).toString("utf8");
}

function parseParams(body: string): JsonObject {
  let params: unknown;
  try {
    params = body === "" ? {} : JSON.parse(body);
  } catch {
    throw new WorldError("the request body is not JSON");
  }
  if (!isObject(params)) throw new WorldError("the request body must be a JSON object");
  return params;
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(body));
}
