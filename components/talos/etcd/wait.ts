/** Waiting for etcd on a node, and what to say when it does not come. Serialised by Pulumi: see components/http/request.ts. */
import { isUnreachable, sleep } from "../../http/request";
import type { TalosNode } from "../api/call";
import { machineServices } from "../api/machine";

export interface WaitBounds {
  /** Pause between looks, ms. */
  pauseMs: number;
}

/**
 * Looks again and again until nothing is missing any more.
 *
 * @param look - what is still missing, or undefined.
 * @throws with what is missing, when the time is up.
 */
export async function waitForEtcd(
  name: string,
  timeoutMinutes: number,
  pauseMs: number,
  look: () => Promise<string | undefined>,
): Promise<void> {
  const begin = Date.now();
  const deadline = begin + timeoutMinutes * 60_000;
  let saidAt = begin;
  for (;;) {
    const missing = await look();
    if (missing === undefined) {
      return;
    }
    const now = Date.now();
    if (now >= deadline) {
      throw new Error(`${name}: no etcd within ${timeoutMinutes} min: ${missing}.`);
    }
    if (now - saidAt >= 30_000) {
      saidAt = now;
      const minutes = ((now - begin) / 60_000).toFixed(1);
      console.log(`${name}: waiting for its etcd, ${minutes} of ${timeoutMinutes} min (${missing})`);
    }
    await sleep(Math.min(pauseMs, Math.max(0, deadline - now)));
  }
}

/** Why a node's etcd did not answer, for a person. */
export async function diagnosis(name: string, node: TalosNode, error: unknown): Promise<string> {
  if (isUnreachable(error)) {
    return (
      `${name} joined the tailnet, but its Talos API does not answer (${error.message}); is this computer in the tailnet, ` +
      "and does the tailnet's policy let it reach port 50000?"
    );
  }
  const answered = error instanceof Error ? error.message : String(error);
  try {
    const etcd = (await machineServices(node, { attempts: 1 })).find(({ id }) => id === "etcd");
    return etcd === undefined
      ? `etcd is not running: the machine has no such service (${answered})`
      : `etcd is not ${etcd.state === "Running" ? "healthy" : "running"}: ${etcd.state}, ${etcd.lastWords || answered}`;
  } catch {
    return `etcd is not running: ${answered}`;
  }
}
