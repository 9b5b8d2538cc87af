/** The APIs that every world plays in memory: Google's cloud, libvirt on the KVM hosts, and Talos' Image Factory. */
import type { JsonObject } from "../json";
import { WorldError } from "../world";
import type { Site } from "../world";
import { FACTORY_HOST, factorySite } from "./factory";
import { gcpCall } from "./gcp/gcp";
import { GCP_HOSTS, gcpSite } from "./gcp/rest";
import { libvirtCall } from "./libvirt/libvirt";
import type { Sim } from "./sim";

/** A call of a provider plugin, e.g. `gcp.create`. */
export function apiCall(sim: Sim, method: string, params: JsonObject): unknown {
  const [part = "", verb = ""] = method.split(".");
  if (part === "gcp") return gcpCall(sim, verb, params);
  if (part === "libvirt") return libvirtCall(sim, verb, params);
  throw new WorldError(`no such call: ${method}`, 404);
}

/** Who answers HTTPS under a name of the public web. */
export function apiSite(sim: Sim, host: string): Site | undefined {
  if (host === FACTORY_HOST) return factorySite(sim);
  return GCP_HOSTS.includes(host) ? gcpSite(sim) : undefined;
}
