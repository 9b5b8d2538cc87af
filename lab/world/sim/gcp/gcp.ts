/** The four calls of the gcp plugin: create, read, update, delete. */
import { isDeepStrictEqual } from "node:util";
import { clone, objectAt, remove, textAt } from "../../json";
import type { JsonObject } from "../../json";
import { WorldError } from "../../world";
import type { CloudResource } from "../model";
import type { Sim } from "../sim";
import type { Handler } from "./handler";
import { instance } from "./instance";
import { LAB_ACCESS_TOKEN, labelOutputs, notFound, projectOf, resourceKey, TOKEN } from "./names";
import { address, firewall, network, subnetwork } from "./network";
import { bucket, bucketObject, image } from "./storage";

const HANDLERS: Record<string, Handler> = {
  [TOKEN.bucket]: bucket,
  [TOKEN.object]: bucketObject,
  [TOKEN.image]: image,
  [TOKEN.network]: network,
  [TOKEN.subnetwork]: subnetwork,
  [TOKEN.firewall]: firewall,
  [TOKEN.address]: address,
  [TOKEN.instance]: instance,
};

/** What the provider's own configuration stands in for when a resource does not say it. */
const FROM_PROVIDER: Record<string, string[]> = {
  [TOKEN.object]: [],
  [TOKEN.subnetwork]: ["project", "region"],
  [TOKEN.address]: ["project", "region"],
  [TOKEN.instance]: ["project", "zone"],
};

export function gcpCall(sim: Sim, verb: string, params: JsonObject): unknown {
  if (verb === "token") return LAB_ACCESS_TOKEN;
  const token = textAt(params, "token") ?? "";
  const handler = HANDLERS[token];
  if (!handler)
    throw new WorldError(`The lab's GCP has no ${token}: it plays ${Object.keys(HANDLERS).join(", ")}.`, 501);
  const id = textAt(params, "id") ?? "";
  const inputs = clone(objectAt(params, "inputs"));
  switch (verb) {
    case "create":
      return create(sim, token, handler, inputs, objectAt(params, "provider"));
    case "read": {
      const found = sim.state.gcp.resources[resourceKey(token, id)];
      return found ? clone({ inputs: found.inputs, outputs: found.outputs }) : null;
    }
    case "update":
      return update(sim, token, handler, id, inputs);
    case "delete":
      return destroy(sim, token, handler, id);
    default:
      throw new WorldError(`no such call: gcp.${verb}`, 404);
  }
}

function create(sim: Sim, token: string, handler: Handler, inputs: JsonObject, provider: JsonObject): unknown {
  const defaults = Object.entries(provider).filter(([field]) => (FROM_PROVIDER[token] ?? ["project"]).includes(field));
  const complete = { ...Object.fromEntries(defaults), ...inputs };
  const made = handler.create(sim, complete);
  const resource: CloudResource = {
    token,
    id: made.id,
    project: projectOf(complete),
    inputs,
    outputs: made.outputs,
    image: made.image,
  };
  sim.state.gcp.resources[resourceKey(token, made.id)] = resource;
  handler.afterCreate?.(sim, resource);
  sim.changed();
  return { id: made.id, outputs: clone(made.outputs) };
}

function update(sim: Sim, token: string, handler: Handler, id: string, inputs: JsonObject): unknown {
  const resource = sim.state.gcp.resources[resourceKey(token, id)];
  if (!resource) throw notFound(id);
  const changed = [...new Set([...Object.keys(resource.inputs), ...Object.keys(inputs)])].filter(
    (field) => !field.startsWith("__") && !isDeepStrictEqual(resource.inputs[field], inputs[field]),
  );
  const fixed = changed.filter((field) => !handler.mutable.includes(field));
  if (fixed.length > 0) {
    throw new WorldError(
      `googleapi: Error 400: ${fixed.join(", ")} of '${id}' cannot be changed in place: the resource must be replaced., invalid`,
    );
  }
  handler.refuseUpdate?.(resource, changed, inputs);
  for (const field of changed) {
    if (field in inputs) resource.outputs[field] = inputs[field];
    else remove(resource.outputs, field);
  }
  if (changed.includes("labels")) Object.assign(resource.outputs, labelOutputs(inputs));
  resource.inputs = inputs;
  sim.changed();
  return { outputs: clone(resource.outputs) };
}

/** What is gone already is deleted: so do the bridged providers. */
function destroy(sim: Sim, token: string, handler: Handler, id: string): null {
  const key = resourceKey(token, id);
  const resource = sim.state.gcp.resources[key];
  if (!resource) return null;
  handler.refuseDelete?.(sim, resource);
  remove(sim.state.gcp.resources, key);
  handler.afterDelete?.(sim, resource);
  sim.changed();
  return null;
}
