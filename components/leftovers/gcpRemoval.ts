/** Removes what an interrupted run left in Google Cloud under a name that is about to be taken. */
import { at, listAt, textAt } from "../http/json";
import { type JsonResponse, sleep } from "../http/request";
import { type GcpResource, operationUrl } from "./gcpResource";
import { isOurs } from "./mark";

/** One authorised request. */
export type GcpCall = (method: "GET" | "POST" | "DELETE", url: string) => Promise<JsonResponse>;

export interface Patience {
  /** How long a deletion may take, ms. @default 600000 */
  limitMs?: number;
  /** Pause between two looks, ms. @default 2000 */
  pauseMs?: number;
}

/**
 * Deletes the resource if it is there and carries the mark of `inputs`.
 *
 * @returns what was there, as the API showed it; undefined where nothing was.
 * @throws where it is somebody else's.
 */
export async function removeGcpLeftover(
  call: GcpCall,
  resource: GcpResource,
  inputs: unknown,
  patience: Patience = {},
): Promise<unknown> {
  const { status, body } = await call("GET", resource.url);
  if (status === 404) return undefined;
  if (status !== 200)
    throw new Error(`Google Cloud does not show the ${named(resource)}: ${refusal({ status, body })}.`);
  if (!isOurs(body, inputs)) {
    throw new Error(
      `The ${named(resource)} exists already and was not made by this stack; nothing was changed. ` +
        "Delete it, or write another name in talos-cloud-edge:cluster.",
    );
  }
  if (at(body, "deletionProtection") === true) {
    await carriedOut(
      call,
      resource,
      "POST",
      `${resource.url}/setDeletionProtection?deletionProtection=false`,
      patience,
    );
  }
  await carriedOut(call, resource, "DELETE", resource.url, patience);
  return body;
}

/** `VPC network x in the project y`. */
export function named({ kind, name, project }: GcpResource): string {
  return `${kind} ${name} in the project ${project}`;
}

/** Sends a change until it is accepted, and waits until it has been carried out. What is gone by itself is well too. */
async function carriedOut(
  call: GcpCall,
  resource: GcpResource,
  method: "POST" | "DELETE",
  url: string,
  { limitMs = 600_000, pauseMs = 2000 }: Patience,
): Promise<void> {
  const deadline = Date.now() + limitMs;
  for (;;) {
    const answer = await call(method, url);
    if (answer.status === 404) return;
    if (answer.status < 300) {
      const operation = textAt(answer.body, "name");
      // A bucket is gone at once; everything of Compute Engine is an operation.
      if (operation === "" || (await isDone(call, resource, operation, deadline, pauseMs))) return;
    } else if (!isNotReady(answer)) {
      throw new Error(`Google Cloud does not delete the ${named(resource)}: ${refusal(answer)}.`);
    }
    await pauseUntil(deadline, pauseMs, resource);
  }
}

/** @returns whether the operation has done its work; it is to be begun again where the resource was not ready for it. */
async function isDone(
  call: GcpCall,
  resource: GcpResource,
  operation: string,
  deadline: number,
  pauseMs: number,
): Promise<boolean> {
  for (;;) {
    const answer = await call("GET", operationUrl(resource, operation));
    if (answer.status === 404) return false;
    if (textAt(answer.body, "status") === "DONE") {
      const [error] = listAt(answer.body, "error", "errors");
      if (error === undefined) return true;
      if (textAt(error, "code") === "RESOURCE_NOT_READY") return false;
      throw new Error(`Google Cloud does not delete the ${named(resource)}: ${textAt(error, "message")}.`);
    }
    await pauseUntil(deadline, pauseMs, resource);
  }
}

/** A resource that is still being made, by the interrupted run's last request, cannot be deleted yet. */
function isNotReady(answer: JsonResponse): boolean {
  return listAt(answer.body, "error", "errors").some((error) => textAt(error, "reason") === "resourceNotReady");
}

async function pauseUntil(deadline: number, pauseMs: number, resource: GcpResource): Promise<void> {
  if (Date.now() + pauseMs > deadline) {
    throw new Error(
      `The ${named(resource)}, left by an interrupted run, is not deleted yet; run \`pulumi up\` again in a few minutes.`,
    );
  }
  await sleep(pauseMs);
}

/** The API's own words, without the full stop that they may end with. */
function refusal({ status, body }: JsonResponse): string {
  const message = textAt(body, "error", "message").replace(/\.$/, "");
  return message === "" ? `HTTP ${status}` : `HTTP ${status}, ${message}`;
}
