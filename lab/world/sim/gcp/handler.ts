import type { JsonObject } from "../../json";
import type { BootImage, CloudResource } from "../model";
import type { Sim } from "../sim";

export interface Created {
  id: string;
  outputs: JsonObject;
  image?: BootImage;
}

/** How one kind of cloud resource behaves. */
export interface Handler {
  /** Checks the inputs as the API does and gives what the server computes; throws a `WorldError` to refuse. */
  create(sim: Sim, inputs: JsonObject): Created;
  /** Runs once the resource is stored. */
  afterCreate?(sim: Sim, resource: CloudResource): void;
  /** Inputs that can change in place. */
  mutable: string[];
  refuseUpdate?(resource: CloudResource, changed: string[], inputs: JsonObject): void;
  afterUpdate?(sim: Sim, resource: CloudResource, changed: string[]): void;
  /** Throws when something still uses the resource. */
  refuseDelete?(sim: Sim, resource: CloudResource): void;
  afterDelete?(sim: Sim, resource: CloudResource): void;
}
