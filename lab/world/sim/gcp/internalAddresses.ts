/** Addresses inside a subnet: who has which, and which are free. */
import { listAt, textAt } from "../../json";
import { WorldError } from "../../world";
import { contains, formatAddress, parseRange, sizeOf } from "../addresses";
import type { Range } from "../addresses";
import type { CloudResource } from "../model";
import type { Sim } from "../sim";
import { COMPUTE, invalid, resourcesOf, TOKEN } from "./names";

export function rangeOf(subnet: CloudResource): Range {
  const range = parseRange(textAt(subnet.inputs, "ipCidrRange") ?? "");
  if (!range) throw new WorldError(`subnetwork ${subnet.id} has no range`, 500);
  return range;
}

/** The lowest free address: GCP keeps the first two and the last two for itself. */
export function freeInternalAddress(sim: Sim, subnet: CloudResource): string {
  const range = rangeOf(subnet);
  const taken = new Set([...heldByInstances(sim, subnet), ...reserved(sim, subnet)]);
  for (let value = range.base + 2; value < range.base + sizeOf(range) - 2; value++) {
    const candidate = formatAddress(value);
    if (!taken.has(candidate)) return candidate;
  }
  throw new WorldError(`googleapi: Error 400: IP space of '${subnet.id}' is exhausted., IP_SPACE_EXHAUSTED`);
}

/** Refuses an address that is outside the subnet, kept by GCP, or somebody else's. */
export function refuseTakenAddress(sim: Sim, subnet: CloudResource, address: string): void {
  refuseUnusable(subnet, address);
  if (heldByInstances(sim, subnet).includes(address) || reserved(sim, subnet).includes(address)) throw taken(address);
}

/** An instance may take an address that is reserved, but not another instance's. */
export function refuseAddressOfInstance(sim: Sim, subnet: CloudResource, address: string): void {
  refuseUnusable(subnet, address);
  if (heldByInstances(sim, subnet).includes(address)) throw taken(address);
}

function refuseUnusable(subnet: CloudResource, address: string): void {
  const range = rangeOf(subnet);
  const kept = [0, 1, sizeOf(range) - 2, sizeOf(range) - 1].map((offset) => formatAddress(range.base + offset));
  if (!contains(range, address) || kept.includes(address)) {
    throw invalid(
      "resource.networkInterfaces[0].networkIP",
      address,
      "Requested internal IP address is not usable in the subnetwork",
    );
  }
}

const taken = (address: string): WorldError =>
  new WorldError(
    `googleapi: Error 400: IP '${address}' is already being used by another resource., IP_IN_USE_BY_ANOTHER_RESOURCE`,
  );

const heldByInstances = (sim: Sim, subnet: CloudResource): string[] =>
  resourcesOf(sim, TOKEN.instance)
    .flatMap((instance) => listAt(instance.outputs, "networkInterfaces"))
    .filter((nic) => textAt(nic, "subnetwork") === COMPUTE + subnet.id)
    .map((nic) => textAt(nic, "networkIp") ?? "");

const reserved = (sim: Sim, subnet: CloudResource): string[] =>
  resourcesOf(sim, TOKEN.address)
    .filter((address) => textAt(address.outputs, "subnetwork") === COMPUTE + subnet.id)
    .map((address) => textAt(address.outputs, "address") ?? "");
