/** The control planes of a cluster, wherever they are in the tailnet now. Serialised by Pulumi: see components/http/request.ts. */
import { listAt } from "../../http/json";
import { authorize, refusal, tailnetAccess, tailnetRequest } from "../../tailnet/api";
import { parseDevice, tailnetAddress } from "../../tailnet/deviceJoin";
import type { TalosNode } from "../api/call";
import { type EtcdPeer, etcdMembers, machineServices } from "../api/machine";
import type { ClientConfiguration } from "../clientConfiguration";

/** What etcd says of itself. */
export interface EtcdView {
  members: EtcdPeer[];
  /** The control plane that said so. */
  node: TalosNode;
}

/**
 * Control planes by host name, the newest device of each name first. They are looked up, since a control plane that is replaced gets
 * another address, and one that is made later has none yet.
 */
export async function lookUpControlPlanes(
  config: Record<string, string | undefined>,
  names: readonly string[],
  client: ClientConfiguration,
): Promise<Map<string, TalosNode[]>> {
  const access = tailnetAccess(config);
  const path = `/api/v2/tailnet/${encodeURIComponent(access.tailnet)}/devices`;
  const answer = await tailnetRequest(access, await authorize(access), "GET", path);
  if (answer.status !== 200) {
    throw new Error(`Tailscale does not list the tailnet's devices: ${refusal(answer)}`);
  }
  const devices = listAt(answer.body, "devices")
    .map(parseDevice)
    .filter((device) => tailnetAddress(device) !== "")
    .sort((a, b) => Date.parse(b.created) - Date.parse(a.created));
  return new Map(
    names.map((name) => [
      name,
      devices
        .filter((device) => device.hostname.toLowerCase() === name)
        .map((device) => ({ address: tailnetAddress(device), client })),
    ]),
  );
}

/** etcd as the first of the nodes sees it that can tell. @throws with what the last one said, when none can. */
export async function viewOfEtcd(nodes: readonly TalosNode[]): Promise<EtcdView> {
  let reason: unknown = new Error("no other control plane is in the tailnet");
  for (const node of nodes) {
    try {
      return { members: await etcdMembers(node, { attempts: 1 }), node };
    } catch (error) {
      reason = error;
    }
  }
  throw reason;
}

/** Names of the control planes whose etcd is well. */
export async function healthyNames(controlPlanes: ReadonlyMap<string, readonly TalosNode[]>): Promise<string[]> {
  const looks = [...controlPlanes].map(async ([name, nodes]) => {
    for (const node of nodes) {
      if (await isHealthy(node)) return [name];
    }
    return [];
  });
  return (await Promise.all(looks)).flat();
}

export async function isHealthy(node: TalosNode): Promise<boolean> {
  try {
    const services = await machineServices(node, { attempts: 2 });
    return services.some(({ id, state, healthy }) => id === "etcd" && state === "Running" && healthy);
  } catch {
    return false;
  }
}
