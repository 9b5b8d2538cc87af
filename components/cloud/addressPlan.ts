import { cidrSize, nthAddress } from "../config/cidr";

export type CloudRole = "controlplane" | "worker";

/** GCP keeps the subnet's first two addresses (network, gateway) and its last two. */
const reservedAtEnd = 2;

/**
 * Where the addresses of each kind begin, counted from the network address. Each kind counts upward from a fixed place, so adding a machine,
 * or growing the subnet, moves no other machine: numbers 2 to 9 are control planes, those from 10 on workers.
 */
const firstIndex: Record<CloudRole, number> = { controlplane: 2, worker: 10 };

/** How many machines of the kind the subnet can hold. */
export function addressCapacity(networkCidr: string, role: CloudRole): number {
  const end = cidrSize(networkCidr) - reservedAtEnd;
  const limit = role === "controlplane" ? Math.min(end, firstIndex.worker) : end;
  return Math.max(0, limit - firstIndex[role]);
}

/** VPC address of a machine; `index` counts from 1 within its kind. */
export function internalAddress(networkCidr: string, role: CloudRole, index: number): string {
  return nthAddress(networkCidr, firstIndex[role] + index - 1);
}
