/** The methods of Talos' machine.MachineService that are used. Serialised by Pulumi: see components/http/request.ts. */
import { callTalos, type TalosNode } from "./call";
import { type Fields, flagIn, messagesIn, readFields, textIn, textsIn, varintMessage } from "./wire";

/** A member of etcd. */
export interface EtcdPeer {
  /** Decimal. */
  id: string;
  /** Host name of its machine; `""` until its etcd has started. */
  name: string;
  /** `https://10.1.0.2:2380` */
  peerUrls: string[];
  /** It still catches up, and has no vote. */
  learner: boolean;
}

/** A service of a machine. */
export interface MachineService {
  id: string;
  /** `Running`, `Preparing`, … */
  state: string;
  healthy: boolean;
  /** What the health check or the last event said. */
  lastWords: string;
}

interface Patience {
  /** How often the call is made at most. @default 3 */
  attempts?: number;
}

/** Starts a new etcd on the node. `AlreadyExists`: it has data. */
export async function bootstrapEtcd(node: TalosNode): Promise<void> {
  await callTalos(node, { method: "Bootstrap", attempts: 1, timeoutMs: 30_000 });
}

/** etcd's members, as the node's own etcd knows them: an answer says that it runs, is in the list and has a leader. */
export async function etcdMembers(node: TalosNode, patience: Patience = {}): Promise<EtcdPeer[]> {
  const message = varintMessage(1, "1");
  const answer = await callTalos(node, { method: "EtcdMemberList", message, timeoutMs: 20_000, ...patience });
  return messagesIn(readFields(answer), 1)
    .flatMap((members) => messagesIn(members, 3))
    .map((member) => ({
      id: textIn(member, 2),
      name: textIn(member, 3),
      peerUrls: textsIn(member, 4),
      learner: flagIn(member, 6),
    }));
}

/** Takes a member out of etcd. The node that is asked must be another one. */
export async function removeEtcdMember(node: TalosNode, id: string): Promise<void> {
  const message = varintMessage(1, id);
  await callTalos(node, { method: "EtcdRemoveMemberByID", message, attempts: 1, timeoutMs: 20_000 });
}

export async function machineServices(node: TalosNode, patience: Patience = {}): Promise<MachineService[]> {
  const answer = await callTalos(node, { method: "ServiceList", ...patience });
  return messagesIn(readFields(answer), 1)
    .flatMap((list) => messagesIn(list, 2))
    .map(machineService);
}

function machineService(service: Fields): MachineService {
  const events = messagesIn(service, 3).flatMap((list) => messagesIn(list, 1));
  const health = messagesIn(service, 4)[0] ?? {};
  const lastEvent = textIn(events.at(-1) ?? {}, 1);
  return {
    id: textIn(service, 1),
    state: textIn(service, 2),
    healthy: flagIn(health, 2),
    lastWords: flagIn(health, 2) ? lastEvent : textIn(health, 3) || lastEvent,
  };
}
