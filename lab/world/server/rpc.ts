/** `POST /rpc/<method>`: the calls of the provider plugins, JSON in and out. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Faults } from "../faults";
import { ConnectionCut, kindOfRpc, Refused, Silence } from "../faults";
import { isObject, textAt } from "../json";
import type { JsonObject } from "../json";
import { WorldError } from "../world";
import type { World } from "../world";

const PREFIX = "/rpc/";
const LARGEST_BODY = 32 * 1024 * 1024;

export async function answerRpc(
  world: World,
  faults: Faults,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  try {
    const path = request.url ?? "";
    if (request.method !== "POST" || !path.startsWith(PREFIX)) throw new WorldError(`no such page: ${path}`, 404);
    const params = parseParams(await readBody(request));
    const method = path.slice(PREFIX.length);
    const kind = kindOfRpc(method, textAt(params, "token"));
    send(response, 200, { result: (await faults.around(kind, () => world.call(method, params))) ?? null });
  } catch (error) {
    if (leavesUnanswered(error, request)) return;
    const status = error instanceof WorldError || error instanceof Refused ? error.status : 500;
    send(response, status, { error: { message: error instanceof Error ? error.message : String(error) } });
  }
}

/** Whether the client gets no answer, by a fault that a test has laid out. */
export function leavesUnanswered(error: unknown, request: IncomingMessage): boolean {
  if (error instanceof ConnectionCut) request.socket.destroy();
  return error instanceof ConnectionCut || error instanceof Silence;
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
