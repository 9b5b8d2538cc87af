/** Removes keys and devices of a tailnet that an interrupted run left behind. */
import { at, listAt, textAt } from "../http/json";
import type { JsonResponse } from "../http/request";
import { refusal } from "../tailnet/api";
import { parseDevice } from "../tailnet/deviceJoin";

/** One authorised request: `path` begins at the tailnet's own or at `/device/`. */
export interface Tailnet {
  /** `/api/v2/tailnet/-`. */
  path: string;
  request: (method: "GET" | "DELETE", path: string) => Promise<JsonResponse>;
}

/**
 * Deletes the keys of this description, which names host and incarnation. Where the credentials may not list keys nothing is done: a key that
 * nobody knows does no harm, and expires.
 *
 * @returns how many there were.
 */
export async function removeLeftKeys({ path, request }: Tailnet, description: string): Promise<number> {
  // Without `all`, Tailscale shows an OAuth client no auth keys.
  const answer = await request("GET", `${path}/keys?all=true`);
  if (answer.status !== 200) return 0;
  const left = listAt(answer.body, "keys").filter(
    (key) => textAt(key, "description") === description && at(key, "invalid") !== true && textAt(key, "revoked") === "",
  );
  for (const key of left)
    await remove(request, `${path}/keys/${textAt(key, "id")}`, `the auth key ${textAt(key, "id")}`);
  return left.length;
}

/**
 * Deletes devices of a machine that is no more: those of its host name that joined since then.
 *
 * @returns how many there were.
 */
export async function removeLeftDevices({ path, request }: Tailnet, hostname: string, since: string): Promise<number> {
  const answer = await request("GET", `${path}/devices`);
  if (answer.status !== 200) throw new Error(`Tailscale does not list the tailnet's devices: ${refusal(answer)}.`);
  const left = listAt(answer.body, "devices")
    .map(parseDevice)
    // One of the times may be cut to whole seconds.
    .filter((device) => device.hostname === hostname && Date.parse(device.created) >= Date.parse(since) - 1000);
  for (const { id } of left) await remove(request, `/api/v2/device/${encodeURIComponent(id)}`, `the device ${id}`);
  return left.length;
}

async function remove(request: Tailnet["request"], path: string, what: string): Promise<void> {
  const answer = await request("DELETE", path);
  if (answer.status !== 404 && answer.status > 299) {
    throw new Error(`Tailscale does not delete ${what}: ${refusal(answer)}.`);
  }
}
