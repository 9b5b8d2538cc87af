/** The four calls of the libvirt plugin: create, read, update, delete, each on the host of its connection URI. */
import { isDeepStrictEqual } from "node:util";
import { clone, objectAt, remove, textAt, textsIn } from "../../json";
import type { JsonObject } from "../../json";
import { WorldError } from "../../world";
import { host, hostOfUri } from "../host/hostState";
import type { Host } from "../host/hostState";
import type { LibvirtObject } from "../model";
import type { Sim } from "../sim";
import { domain } from "./domain";
import { objectKey, TOKEN } from "./names";
import type { Handler } from "./names";
import { network } from "./network";
import { cloudinit, pool, volume } from "./storage";
import { virsh } from "./virsh";

const HANDLERS: Record<string, Handler> = {
  [TOKEN.network]: network,
  [TOKEN.pool]: pool,
  [TOKEN.volume]: volume,
  [TOKEN.cloudinit]: cloudinit,
  [TOKEN.domain]: domain,
};

export function libvirtCall(sim: Sim, verb: string, params: JsonObject): unknown {
  if (verb === "virsh") return virsh(sim, host(sim.dir, textAt(params, "host") ?? ""), textsIn(params, "words"));
  const token = textAt(params, "token") ?? "";
  const handler = HANDLERS[token];
  if (!handler)
    throw new WorldError(`The lab's libvirt has no ${token}: it plays ${Object.keys(HANDLERS).join(", ")}.`, 501);
  const on = hostOfUri(sim.dir, textAt(params, "uri") ?? "");
  const id = textAt(params, "id") ?? "";
  const inputs = clone(objectAt(params, "inputs"));
  switch (verb) {
    case "create":
      return create(sim, on, token, handler, inputs);
    case "read": {
      const found = sim.state.libvirt.objects[objectKey(on, token, id)];
      return found ? clone({ inputs: found.inputs, outputs: found.outputs }) : null;
    }
    case "update":
      return update(sim, on, token, handler, id, inputs);
    case "delete":
      return destroy(sim, on, token, handler, id);
    default:
      throw new WorldError(`no such call: libvirt.${verb}`, 404);
  }
}

function create(sim: Sim, host: Host, token: string, handler: Handler, inputs: JsonObject): unknown {
  const made = handler.create(sim, host, inputs);
  const object: LibvirtObject = {
    host: host.name,
    token,
    id: made.id,
    inputs,
    outputs: made.outputs,
    content: made.content,
  };
  sim.state.libvirt.objects[objectKey(host, token, made.id)] = object;
  handler.afterCreate?.(sim, host, object);
  sim.changed();
  return { id: made.id, outputs: clone(made.outputs) };
}

function update(sim: Sim, host: Host, token: string, handler: Handler, id: string, inputs: JsonObject): unknown {
  const object = sim.state.libvirt.objects[objectKey(host, token, id)];
  if (!object) throw new WorldError(`${token} ${id} not found`, 404);
  const fields = [...new Set([...Object.keys(object.inputs), ...Object.keys(inputs)])];
  const changed = fields.filter(
    (field) => !field.startsWith("__") && !isDeepStrictEqual(object.inputs[field], inputs[field]),
  );
  const fixed = changed.filter((field) => !handler.mutable.includes(field));
  if (fixed.length > 0)
    throw new WorldError(`${fixed.join(", ")} of ${id} cannot be changed in place: the resource must be replaced`);
  for (const field of changed) {
    if (field in inputs) object.outputs[field] = inputs[field];
    else remove(object.outputs, field);
  }
  object.inputs = inputs;
  sim.changed();
  return { outputs: clone(object.outputs) };
}

function destroy(sim: Sim, host: Host, token: string, handler: Handler, id: string): null {
  const key = objectKey(host, token, id);
  const object = sim.state.libvirt.objects[key];
  if (!object) return null;
  handler.refuseDelete?.(sim, host, object);
  remove(sim.state.libvirt.objects, key);
  handler.afterDelete?.(sim, host, object);
  sim.changed();
  return null;
}
