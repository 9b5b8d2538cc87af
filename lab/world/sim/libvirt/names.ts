/** How libvirt names things, and what it says when a name is wrong. */
import { textAt } from "../../json";
import type { JsonObject } from "../../json";
import { WorldError } from "../../world";
import type { Host } from "../host/hostState";
import type { LibvirtObject } from "../model";
import type { Sim } from "../sim";

export const TOKEN = {
  network: "libvirt:index/network:Network",
  pool: "libvirt:index/pool:Pool",
  volume: "libvirt:index/volume:Volume",
  cloudinit: "libvirt:index/cloudinitDisk:CloudinitDisk",
  domain: "libvirt:index/domain:Domain",
} as const;

export type Token = (typeof TOKEN)[keyof typeof TOKEN];

export interface Created {
  id: string;
  outputs: JsonObject;
  content?: LibvirtObject["content"];
}

/** How one kind of libvirt object behaves. */
export interface Handler {
  create(sim: Sim, host: Host, inputs: JsonObject): Created;
  afterCreate?(sim: Sim, host: Host, object: LibvirtObject): void;
  mutable: string[];
  refuseDelete?(sim: Sim, host: Host, object: LibvirtObject): void;
  afterDelete?(sim: Sim, host: Host, object: LibvirtObject): void;
}

export const objectKey = (host: Host, token: string, id: string): string => `${host.name}|${token}|${id}`;

export const objectsOf = (sim: Sim, host: Host, token: Token): LibvirtObject[] =>
  Object.values(sim.state.libvirt.objects).filter((object) => object.host === host.name && object.token === token);

export const named = (sim: Sim, host: Host, token: Token, name: string): LibvirtObject | undefined =>
  objectsOf(sim, host, token).find((object) => textAt(object.inputs, "name") === name);

export function nameOf(inputs: JsonObject): string {
  const name = textAt(inputs, "name") ?? "";
  if (name === "" || name.includes("/"))
    throw new WorldError(`XML error: name '${name}' cannot contain '/' or be empty`);
  return name;
}
