/** The REST APIs of Compute Engine and Cloud Storage, as far as the program speaks to them itself: what is there, and its deletion. */
import { flagAt, textAt } from "../../json";
import type { JsonObject } from "../../json";
import { WorldError } from "../../world";
import type { Site, SiteRequest, SiteResponse } from "../../world";
import type { CloudResource } from "../model";
import { numericId } from "../sim";
import type { Sim } from "../sim";
import { gcpCall } from "./gcp";
import { LAB_ACCESS_TOKEN, resourceKey, resourcesOf, TOKEN } from "./names";
import type { Token } from "./names";

export const GCP_HOSTS = ["compute.googleapis.com", "storage.googleapis.com"];

const COLLECTIONS: Record<string, Token> = {
  networks: TOKEN.network,
  subnetworks: TOKEN.subnetwork,
  firewalls: TOKEN.firewall,
  addresses: TOKEN.address,
  images: TOKEN.image,
  instances: TOKEN.instance,
};

export const gcpSite = (sim: Sim): Site => ({
  handle: (request) => Promise.resolve(answer(sim, request)),
});

function answer(sim: Sim, request: SiteRequest): SiteResponse {
  try {
    if (request.headers.authorization !== `Bearer ${LAB_ACCESS_TOKEN}`) {
      throw new WorldError("Request had invalid authentication credentials., authError", 401);
    }
    return answerBucket(sim, request) ?? answerCompute(sim, request);
  } catch (error) {
    return refusal(error);
  }
}

function answerBucket(sim: Sim, request: SiteRequest): SiteResponse | undefined {
  const name = /^\/storage\/v1\/b\/([^/]+)$/.exec(request.path)?.[1];
  if (name === undefined) return undefined;
  const bucket = existing(sim, TOKEN.bucket, name, "The specified bucket does not exist., notFound");
  if (request.method === "GET") return { status: 200, body: shown(bucket) };
  if (request.method !== "DELETE") throw notAllowed();
  // The API has no `forceDestroy`: that is the provider's.
  if (resourcesOf(sim, TOKEN.object).some((object) => textAt(object.inputs, "bucket") === name)) {
    throw new WorldError("The bucket you tried to delete is not empty., conflict", 409);
  }
  gcpCall(sim, "delete", { token: TOKEN.bucket, id: name });
  return { status: 204 };
}

function answerCompute(sim: Sim, request: SiteRequest): SiteResponse {
  const found =
    /^\/compute\/v1\/(projects\/[^/]+\/(?:global|(?:regions|zones)\/[^/]+)\/([a-z]+)\/([^/]+))(?:\/([A-Za-z]+))?$/.exec(
      request.path,
    );
  const [, id = "", collection = "", name = "", action = ""] = found ?? [];
  if (collection === "operations") return { status: 200, body: { kind: "compute#operation", name, status: "DONE" } };
  const token = COLLECTIONS[collection];
  if (token === undefined) throw new WorldError("Not Found, notFound", 404);
  const resource = existing(sim, token, id, `The resource '${id}' was not found, notFound`);
  switch (`${request.method} ${action}`) {
    case "GET ":
      return { status: 200, body: shown(resource) };
    case "DELETE ":
      gcpCall(sim, "delete", { token, id });
      return operation(sim);
    case "POST setDeletionProtection": {
      const protection = request.query.get("deletionProtection") !== "false";
      for (const properties of [resource.inputs, resource.outputs]) properties.deletionProtection = protection;
      sim.changed();
      return operation(sim);
    }
    default:
      throw notAllowed();
  }
}

function existing(sim: Sim, token: Token, id: string, message: string): CloudResource {
  const found = sim.state.gcp.resources[resourceKey(token, id)];
  if (!found) throw new WorldError(message, 404);
  return found;
}

/** What has been asked for is under way; whoever asks for the operation next learns that it is done. */
const operation = (sim: Sim): SiteResponse => ({
  status: 200,
  body: { kind: "compute#operation", name: `operation-${numericId(sim)}`, status: "RUNNING" },
});

function shown({ outputs }: CloudResource): JsonObject {
  const { name, description, selfLink, creationTimestamp, effectiveLabels } = outputs;
  const fields = { name, description, selfLink, creationTimestamp, labels: effectiveLabels };
  const isProtected = flagAt(outputs, "deletionProtection") ? { deletionProtection: true } : {};
  return { ...Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)), ...isProtected };
}

const notAllowed = (): WorldError => new WorldError("Method Not Allowed, methodNotAllowed", 405);

/** The provider shows an error as `googleapi: Error <code>: <message>, <reason>`; the API itself gives the parts. */
function refusal(error: unknown): SiteResponse {
  if (!(error instanceof WorldError)) throw error;
  const [, message = error.message, reason = "invalid"] =
    /^(?:googleapi: Error \d+: )?(.*), (\w+)$/s.exec(error.message) ?? [];
  const body = { error: { code: error.status, message, errors: [{ message, domain: "global", reason }] } };
  return { status: error.status, body };
}
