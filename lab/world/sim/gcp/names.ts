/** How GCP names things, and what it says when a name is wrong. */
import { textAt } from "../../json";
import type { JsonObject } from "../../json";
import { WorldError } from "../../world";
import type { CloudResource } from "../model";
import type { Sim } from "../sim";

export const TOKEN = {
  bucket: "gcp:storage/bucket:Bucket",
  object: "gcp:storage/bucketObject:BucketObject",
  image: "gcp:compute/image:Image",
  network: "gcp:compute/network:Network",
  subnetwork: "gcp:compute/subnetwork:Subnetwork",
  firewall: "gcp:compute/firewall:Firewall",
  address: "gcp:compute/address:Address",
  instance: "gcp:compute/instance:Instance",
} as const;

export type Token = (typeof TOKEN)[keyof typeof TOKEN];

export const COMPUTE = "https://www.googleapis.com/compute/v1/";
export const STORAGE = "https://www.googleapis.com/storage/v1/";
/** The access token of the lab's own project. It opens nothing outside of it. */
export const LAB_ACCESS_TOKEN = "ya29.lab";
const DEFAULT_PROJECT = "talos-lab";
const DEFAULT_REGION = "europe-west3";
const NAME = /^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$/;

export const resourcesOf = (sim: Sim, token: Token): CloudResource[] =>
  Object.values(sim.state.gcp.resources).filter((resource) => resource.token === token);

export const resourceKey = (token: string, id: string): string => `${token}|${id}`;

export const projectOf = (inputs: JsonObject): string => textAt(inputs, "project") ?? DEFAULT_PROJECT;

export const regionOf = (inputs: JsonObject): string => lastPart(textAt(inputs, "region") ?? DEFAULT_REGION);

export function zoneOf(inputs: JsonObject): string {
  const zone = lastPart(textAt(inputs, "zone") ?? `${DEFAULT_REGION}-a`);
  if (!/^[a-z]+-[a-z]+\d+-[a-f]$/.test(zone)) throw invalid("zone", zone, "Unknown zone.");
  return zone;
}

export function nameOf(inputs: JsonObject): string {
  const name = textAt(inputs, "name") ?? "";
  if (!NAME.test(name)) {
    throw invalid("resource.name", name, "Must be a match of regex '(?:[a-z](?:[-a-z0-9]{0,61}[a-z0-9])?)'");
  }
  return name;
}

export const lastPart = (reference: string): string => reference.slice(reference.lastIndexOf("/") + 1);

/** The resource that a self link, an id or a bare name means; refuses as the API does when there is none. */
export function referenced(sim: Sim, token: Token, reference: string, project: string): CloudResource {
  const path = reference.replace(/^https:\/\/(?:www|compute)\.googleapis\.com\/(?:compute\/v1\/)?/, "");
  const found = resourcesOf(sim, token).find((resource) =>
    path.includes("/")
      ? resource.id === path || resource.id === `projects/${project}/${path}`
      : resource.project === project && textAt(resource.inputs, "name") === path,
  );
  if (!found) throw notFound(path);
  return found;
}

export function refuseDuplicate(sim: Sim, token: Token, id: string): void {
  if (sim.state.gcp.resources[resourceKey(token, id)]) {
    throw new WorldError(`googleapi: Error 409: The resource '${id}' already exists, alreadyExists`, 409);
  }
}

export const notFound = (id: string): WorldError =>
  new WorldError(`googleapi: Error 404: The resource '${id}' was not found, notFound`, 404);

export const invalid = (field: string, value: string, reason: string): WorldError =>
  new WorldError(`googleapi: Error 400: Invalid value for field '${field}': '${value}'. ${reason}, invalid`);

export const inUse = (kind: string, id: string, user: string): WorldError =>
  new WorldError(
    `googleapi: Error 400: The ${kind} resource '${id}' is already being used by '${user}', resourceInUseByAnotherResource`,
  );

/** Labels as the provider reports them: the user's own, and all that are on the resource. */
export function labelOutputs(inputs: JsonObject): JsonObject {
  const all = { ...(inputs.labels as JsonObject | undefined), "goog-pulumi-provisioned": "true" };
  return { effectiveLabels: all, pulumiLabels: all };
}
