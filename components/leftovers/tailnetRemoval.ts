/** Removes keys and devices of a tailnet that an interrupted run left behind. */
import { at, listAt, textAt } from "../http/json";
import type { JsonResponse } from "../http/request";
import { refusal } from "../tailnet/api";
import { parseDevice } from "../tailnet/deviceJoin";
import type { Interrupted } from "./machine";

/** One authorised request: `path` begins at the tailnet's own or at `/device/`. */
export interface Tailnet {
  /** `/api/v2/tailnet/-`. */
  path: string;
  request: (method: "GET" | "DELETE", path: string) => Promise<JsonResponse>;
}

/**
 * Deletes the keys of all incarnations of the machine that this description names; the last word is its incarnation. Where the credentials may
 * not list keys nothing is done: a key that nobody knows does no harm, and expires.
 *
 * @param known descriptions of keys that are not left over.
 * @returns how many there were.
 */
export async function removeLeftKeys(
  { path, request }: Tailnet,
  description: string,
  known: string[] = [],
): Promise<number> {
  // Without `all`, Tailscale shows an OAuth client no auth keys.
  const answer = await request("GET", `${path}/keys?all=true`);
  if (answer.status !== 200) return 0;
  const machine = description.slice(0, description.lastIndexOf(" ") + 1);
  const left = listAt(answer.body, "keys")
    .filter((key) => textAt(key, "description").startsWith(machine) && !known.includes(textAt(key, "description")))
    .filter((key) => at(key, "invalid") !== true && textAt(key, "revoked") === "");
  for (const key of left)
    await remove(request, `${path}/keys/${textAt(key, "id")}`, `the auth key ${textAt(key, "id")}`);
  return left.length;
}

/** The machine that is about to be made. */
export interface WantedMachine {
  hostname: string;
  incarnation: string;
}

/**
 * Deletes the devices of a machine that is no more: those of its host name that joined since it was made, which must not be taken for its
 * successor's. A successor of the same incarnation could not join: the key that they share was good for one device.
 *
 * @param left the machine that was removed, if one was.
 * @param interrupted what is known of an earlier one.
 * @returns how many there were.
 */
export async function removeMachineDevices(
  open: () => Promise<Tailnet>,
  { hostname, incarnation }: WantedMachine,
  left?: Interrupted,
  interrupted?: Interrupted,
): Promise<number> {
  const times = [left, interrupted].flatMap((one) => (one === undefined ? [] : [Date.parse(one.since)]));
  if (times.length === 0) return 0;
  const { path, request } = await open();
  const answer = await request("GET", `${path}/devices`);
  if (answer.status !== 200) throw new Error(`Tailscale does not list the tailnet's devices: ${refusal(answer)}.`);
  // One of the times may be cut to whole seconds.
  const since = Math.min(...times) - 1000;
  const joined = listAt(answer.body, "devices")
    .map(parseDevice)
    .filter((device) => device.hostname === hostname && Date.parse(device.created) >= since);
  for (const { id } of joined) await remove(request, `/api/v2/device/${encodeURIComponent(id)}`, `the device ${id}`);
  if (joined.length > 0 && left?.incarnation === incarnation) {
    throw new Error(
      `An interrupted run left the machine ${hostname}, which had used up its auth key; machine and device were removed. ` +
        "Run `pulumi up` again: it makes the machine with a new key.",
    );
  }
  return joined.length;
}

async function remove(request: Tailnet["request"], path: string, what: string): Promise<void> {
  const answer = await request("DELETE", path);
  if (answer.status !== 404 && answer.status > 299) {
    throw new Error(`Tailscale does not delete ${what}: ${refusal(answer)}.`);
  }
}
