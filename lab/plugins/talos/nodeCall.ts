import type { Run } from "../protocol/provider";
import { isObject, type Properties } from "../protocol/values";
import { callWorld } from "../world";
import { durationMs } from "./duration";

const graceMs = 15_000;

/** A call to a node's Talos API, with the time that the resource allows for it. */
export async function callNode(method: string, params: Properties, timeout: string, run: Run): Promise<Properties> {
  const timeoutMs = durationMs(timeout);
  // The world ends its own wait first, and says what is wrong with the node.
  const limit = AbortSignal.timeout(timeoutMs + graceMs);
  const timeoutSeconds = timeoutMs / 1000;
  try {
    const result = await callWorld(method, { ...params, timeoutSeconds }, AbortSignal.any([run.signal, limit]));
    return isObject(result) ? result : {};
  } catch (error) {
    if (run.signal.aborted) throw new Error(`${method} was cancelled`, { cause: error });
    if (limit.aborted) throw new Error(`${method}: no success within ${timeout}.`, { cause: error });
    throw error;
  }
}
