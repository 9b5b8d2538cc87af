/** Create, update, diff and delete of a control plane's etcd member. Serialised by Pulumi: see components/http/request.ts. */
import type * as pulumi from "@pulumi/pulumi";
import { sleep } from "../../http/request";
import { talosCode, type TalosNode } from "../api/call";
import { etcdMembers, machineServices, removeEtcdMember } from "../api/machine";
import type { ClientConfiguration } from "../clientConfiguration";
import { sameClient } from "./bootstrapProvider";
import { healthyNames, isHealthy, lookUpControlPlanes, viewOfEtcd } from "./controlPlanes";
import { blockingMember, removalMistake, removalOrder } from "./quorum";
import { diagnosis, waitForEtcd, type WaitBounds } from "./wait";

export interface MemberInputs {
  nodeName: string;
  address: string;
  internalIp: string;
  machineId: string;
  machineType: string;
  controlPlanes: string[];
  clientConfiguration: ClientConfiguration;
  timeoutMinutes: number;
  /** Pulumi's own: the code of this provider. */
  __provider?: string;
}

export interface MemberState extends MemberInputs {
  memberId: string;
}

export interface MemberBounds extends WaitBounds {
  /** How long a removal is tried, ms. */
  removalMs: number;
  /** How long a dead member may stand in the way of a machine that joins, ms. */
  blockedMs: number;
}

export const defaultMemberBounds: MemberBounds = { pauseMs: 2000, removalMs: 45_000, blockedMs: 60_000 };

type Config = Record<string, string | undefined>;

const configKeys = ["baseUrl", "tailnet", "apiKey", "oauthClientId", "oauthClientSecret"];

const nodeOf = (inputs: MemberInputs): TalosNode => ({
  address: inputs.address,
  client: inputs.clientConfiguration,
});

const othersOf = (inputs: MemberInputs): string[] => inputs.controlPlanes.filter((name) => name !== inputs.nodeName);

/** Waits until the node's etcd is a healthy member with a vote. */
async function waitForMember(config: Config, inputs: MemberInputs, bounds: MemberBounds): Promise<MemberState> {
  const node = nodeOf(inputs);
  const begin = Date.now();
  let memberId = "";
  await waitForEtcd(inputs.nodeName, inputs.timeoutMinutes, bounds.pauseMs, async () => {
    try {
      const members = await etcdMembers(node, { attempts: 1 });
      const own = members.find((member) => member.name === inputs.nodeName);
      if (own === undefined) return "its etcd does not know it as a member";
      if (own.learner) return "it is a learner, which has no vote yet";
      memberId = own.id;
      return (await isHealthy(node)) ? undefined : "its etcd is not healthy yet";
    } catch (error) {
      if (Date.now() - begin >= bounds.blockedMs) await unblock(config, inputs);
      return diagnosis(inputs.nodeName, node, error);
    }
  });
  return { ...inputs, memberId };
}

/** A dead member with the machine's address keeps it from joining: it is taken out while the machine has no etcd of its own. */
async function unblock(config: Config, inputs: MemberInputs): Promise<void> {
  try {
    const etcd = (await machineServices(nodeOf(inputs), { attempts: 1 })).find(({ id }) => id === "etcd");
    if (etcd?.state !== "Preparing") return;
    const others = await lookUpControlPlanes(config, othersOf(inputs), inputs.clientConfiguration);
    const { members, node } = await viewOfEtcd([...others.values()].flat());
    const dead = blockingMember(members, inputs.internalIp);
    if (dead === undefined) return;
    console.log(`${inputs.nodeName}: a dead member of etcd has its address; removing it`);
    await removeEtcdMember(node, dead.id);
  } catch {
    // The wait goes on, and says at its end what is missing.
  }
}

/** Takes the members of control planes that are to go out of etcd. @throws when etcd would not survive it, before it touches any. */
async function removeLeaving(
  config: Config,
  inputs: MemberInputs,
  leaving: string[],
  bounds: MemberBounds,
): Promise<void> {
  const names = [...inputs.controlPlanes, ...leaving];
  const all = await lookUpControlPlanes(config, names, inputs.clientConfiguration);
  const staying = inputs.controlPlanes.flatMap((name) => all.get(name) ?? []);
  const { members } = await viewOfEtcd([...all.values()].flat());
  const healthy = await healthyNames(all);
  const mistake = removalMistake(members, healthy, leaving);
  if (mistake !== undefined) throw new Error(mistake);
  for (const member of removalOrder(members, healthy, leaving)) {
    const kept = await removeUntil(member.id, bounds, () => Promise.resolve(staying));
    if (kept !== undefined) throw new Error(`The etcd member of ${member.name} cannot be removed: ${kept}.`);
  }
}

/** Removes a member through the first node that does it. @returns what kept it from being removed in time. */
async function removeUntil(
  id: string,
  bounds: MemberBounds,
  through: () => Promise<readonly TalosNode[]>,
): Promise<string | undefined> {
  const deadline = Date.now() + bounds.removalMs;
  for (;;) {
    let reason: unknown;
    try {
      const { members, node } = await viewOfEtcd(await through());
      if (!members.some((member) => member.id === id)) return undefined;
      await removeEtcdMember(node, id);
      return undefined;
    } catch (error) {
      if (talosCode(error) === "NotFound") return undefined;
      reason = error;
    }
    if (Date.now() >= deadline) return reason instanceof Error ? reason.message : String(reason);
    await sleep(bounds.pauseMs);
  }
}

/**
 * Refuses to replace a machine without which etcd would lose its quorum, before anything of it is deleted. Where no control plane can be
 * reached nothing is known, and nothing is refused: a preview needs to reach none.
 */
async function refuseReplacement(config: Config, olds: MemberState, controlPlanes: string[]): Promise<void> {
  const names = [...new Set([...olds.controlPlanes, olds.nodeName])];
  let mistake: string | undefined;
  try {
    const all = await lookUpControlPlanes(config, names, olds.clientConfiguration);
    const { members } = await viewOfEtcd([...all.values()].flat());
    const isOnly = members.length === 1 && members[0]?.name === olds.nodeName;
    mistake =
      isOnly && controlPlanes.length > 1
        ? `${olds.nodeName} is etcd's only member, and its data would be lost with it: let the further control planes join first, then replace it.`
        : removalMistake(members, await healthyNames(all), [olds.nodeName]);
  } catch (error) {
    console.log(`${olds.nodeName}: etcd was not looked at (${error instanceof Error ? error.message : String(error)})`);
  }
  if (mistake !== undefined) throw new Error(mistake);
}

/** Takes the member out of etcd before its machine goes. Insisting would make a broken cluster impossible to destroy. */
async function deleteMember(config: Config, state: MemberState, bounds: MemberBounds): Promise<void> {
  const others = othersOf(state);
  if (others.length === 0 || (await isAlone(state))) {
    console.log(`${state.nodeName}: etcd's last member goes with its machine`);
    return;
  }
  const kept = await removeUntil(state.memberId, bounds, async () => {
    const found = await lookUpControlPlanes(config, others, state.clientConfiguration);
    return [...found.values()].flat();
  });
  if (kept !== undefined) {
    console.log(
      `${state.nodeName}: its etcd member was not removed (${kept}); going on. If the cluster lives on, remove it there: ` +
        `talosctl etcd remove-member ${BigInt(state.memberId).toString(16)}`,
    );
  }
}

async function isAlone(state: MemberState): Promise<boolean> {
  try {
    const members = await etcdMembers(nodeOf(state), { attempts: 1 });
    return members.every((member) => member.id === state.memberId);
  } catch {
    return false;
  }
}

export function createMemberProvider(bounds: MemberBounds): pulumi.dynamic.ResourceProvider<MemberInputs, MemberState> {
  const config: Config = {};
  return {
    configure: (req) => {
      for (const key of configKeys) {
        config[key] = req.config.get(`tailscale:${key}`);
      }
      return Promise.resolve();
    },

    create: async (inputs) => {
      const state = await waitForMember(config, inputs, bounds);
      return { id: BigInt(state.memberId).toString(16), outs: state };
    },

    diff: async (_id, olds, news) => {
      const replaces = (["nodeName", "machineId"] as const).filter((key) => olds[key] !== news[key]);
      if (replaces.length > 0) await refuseReplacement(config, olds, news.controlPlanes);
      const keys = ["address", "internalIp", "machineType", "timeoutMinutes", "__provider"] as const;
      const updated = keys.some((key) => olds[key] !== news[key]) || !sameClient(olds, news);
      const regrouped = olds.controlPlanes.join() !== news.controlPlanes.join();
      return { changes: replaces.length > 0 || updated || regrouped, replaces, deleteBeforeReplace: true };
    },

    update: async (_id, olds, news) => {
      const leaving = olds.controlPlanes.filter((name) => !news.controlPlanes.includes(name));
      if (leaving.length > 0) await removeLeaving(config, news, leaving, bounds);
      return { outs: await waitForMember(config, news, bounds) };
    },

    delete: (_id, state) => deleteMember(config, state, bounds),
  };
}
