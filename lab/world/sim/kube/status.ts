/** Refusals in the form in which the Kubernetes API gives them. */
import type { JsonObject } from "../../json";
import type { Resource } from "./store";

export class ApiRefusal extends Error {
  constructor(
    readonly status: number,
    readonly reason: string,
    message: string,
  ) {
    super(message);
  }
}

export const statusBody = (code: number, reason: string, message: string): JsonObject => ({
  kind: "Status",
  apiVersion: "v1",
  metadata: {},
  status: "Failure",
  message,
  reason,
  code,
});

const qualified = (of: Resource): string => (of.group === "" ? of.name : `${of.name}.${of.group}`);

export const notFound = (of: Resource, name: string): ApiRefusal =>
  new ApiRefusal(404, "NotFound", `${qualified(of)} "${name}" not found`);

export const alreadyExists = (of: Resource, name: string): ApiRefusal =>
  new ApiRefusal(409, "AlreadyExists", `${qualified(of)} "${name}" already exists`);

export const conflict = (of: Resource, name: string): ApiRefusal =>
  new ApiRefusal(
    409,
    "Conflict",
    `Operation cannot be fulfilled on ${qualified(of)} "${name}": the object has been modified; please apply your changes to the latest version and try again`,
  );

export const invalid = (of: Resource, name: string, mistake: string): ApiRefusal =>
  new ApiRefusal(422, "Invalid", `${of.kind}${of.group === "" ? "" : `.${of.group}`} "${name}" is invalid: ${mistake}`);
