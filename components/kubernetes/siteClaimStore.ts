/**
 * The claims of all sites, in one ConfigMap of the cluster. It is changed only from the version that was read (compare and swap), so of two
 * stacks at once exactly one gets what both want. Serialised by Pulumi: see components/http/request.ts.
 */
import { at, textAt } from "../http/json";
import { backOffMs, isUnreachable, type JsonResponse, sleep } from "../http/request";
import { callKubernetes, type KubernetesClient, kubernetesRefusal } from "./client";
import type { ClaimData } from "./siteClaims";

/** In a namespace that every cluster has, so that none is left behind. */
export const claimsNamespace = "kube-system";
export const claimsName = "talos-cloud-edge-sites";

export interface ClaimBounds {
  /** How long the API is tried that does not answer, or that another stack is ahead at, ms. */
  patienceMs: number;
  /** The same where something is deleted: mostly the cluster is gone, and others have waited for it already. */
  leaveMs: number;
  /** Longest pause between two tries, ms. */
  pauseMs: number;
}

export const defaultClaimBounds: ClaimBounds = { patienceMs: 60_000, leaveMs: 15_000, pauseMs: 2000 };

/** The bounds of a deletion. */
export function leaving(bounds: ClaimBounds): ClaimBounds {
  return { ...bounds, patienceMs: bounds.leaveMs };
}

interface Stored {
  /** `undefined` where there is no ConfigMap. */
  object: unknown;
  data: ClaimData;
}

function claimsPath(): string {
  return `/api/v1/namespaces/${claimsNamespace}/configmaps`;
}

async function call(
  client: KubernetesClient,
  method: "GET" | "POST" | "PUT" | "DELETE",
  body?: unknown,
): Promise<JsonResponse> {
  const path = method === "POST" ? claimsPath() : `${claimsPath()}/${claimsName}`;
  return callKubernetes(client, { method, path, body, retry: { attempts: 1 } });
}

async function readStored(client: KubernetesClient): Promise<Stored> {
  const answer = await call(client, "GET");
  if (answer.status === 404) {
    return { object: undefined, data: {} };
  }
  if (answer.status !== 200) {
    throw refused(answer);
  }
  return { object: answer.body, data: (at(answer.body, "data") ?? {}) as ClaimData };
}

/** A server in trouble counts as one out of reach: both may pass. */
function refused(answer: JsonResponse): Error {
  const error = new Error(
    `The list of sites (ConfigMap ${claimsNamespace}/${claimsName}) is refused: ${kubernetesRefusal(answer)}.`,
  );
  return answer.status === 429 || answer.status >= 500 ? Object.assign(error, { unreachable: true }) : error;
}

/** Writes what follows from `stored`. `false`: another stack was faster. */
async function write(client: KubernetesClient, stored: Stored, data: ClaimData): Promise<boolean> {
  const answer = await send(client, stored, data);
  // 404: the last other claim was given up meanwhile, and the ConfigMap with it.
  if (answer.status === 409 || answer.status === 404) {
    return false;
  }
  if (answer.status >= 300) {
    throw refused(answer);
  }
  return true;
}

function send(client: KubernetesClient, { object }: Stored, data: ClaimData): Promise<JsonResponse> {
  if (object === undefined) {
    const metadata = { name: claimsName, labels: { "app.kubernetes.io/managed-by": "talos-cloud-edge" } };
    return call(client, "POST", { apiVersion: "v1", kind: "ConfigMap", metadata, data });
  }
  if (Object.keys(data).length === 0) {
    const preconditions = { resourceVersion: textAt(object, "metadata", "resourceVersion") };
    return call(client, "DELETE", { apiVersion: "v1", kind: "DeleteOptions", preconditions });
  }
  // With its metadata, and so with the version that was read.
  return call(client, "PUT", { ...(object as object), data });
}

/** Repeats `attempt` until it gives a value, until the time is up, or until it fails for another reason than an API out of reach. */
async function patiently<T>(bounds: ClaimBounds, attempt: () => Promise<T | undefined>): Promise<T> {
  const deadline = Date.now() + bounds.patienceMs;
  for (let tries = 1; ; tries++) {
    try {
      const result = await attempt();
      if (result !== undefined) {
        return result;
      }
      if (Date.now() >= deadline) {
        throw new Error(
          `Other stacks keep changing the list of sites (ConfigMap ${claimsNamespace}/${claimsName}); run it again.`,
        );
      }
    } catch (error) {
      if (!isUnreachable(error) || Date.now() >= deadline) {
        throw error;
      }
    }
    await sleep(backOffMs(tries, 100, bounds.pauseMs));
  }
}

/** The claims of all sites. */
export function readClaims(client: KubernetesClient, bounds: ClaimBounds): Promise<ClaimData> {
  return patiently(bounds, async () => (await readStored(client)).data);
}

/**
 * Changes the claims.
 *
 * @param change - From what is there to what should be; the same object where there is nothing to do. What it throws ends the change.
 */
export function changeClaims(
  client: KubernetesClient,
  bounds: ClaimBounds,
  change: (data: ClaimData) => ClaimData,
): Promise<true> {
  return patiently(bounds, async () => {
    const stored = await readStored(client);
    const data = change(stored.data);
    const done = data === stored.data || (await write(client, stored, data));
    return done ? true : undefined;
  });
}
