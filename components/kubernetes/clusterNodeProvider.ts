/** Create, read, update and delete of a cluster's Node. Serialised by Pulumi: see components/http/request.ts. */
import type * as pulumi from "@pulumi/pulumi";
import { isUnreachable, sleep } from "../http/request";
import { callKubernetes, type KubernetesClient, kubernetesRefusal, sameClient } from "./client";
import { type DrainBounds, removeNode } from "./drain";
import { nodeFacts, type NodeFacts, nodeFault } from "./nodeStatus";

export interface ClusterNodeInputs {
  nodeName: string;
  address: string;
  client: KubernetesClient;
  machineId: string;
  timeoutMinutes: number;
  /** Pulumi's own: the code of this provider. */
  __provider?: string;
}

export type ClusterNodeState = ClusterNodeInputs & NodeFacts;

export interface ClusterNodeBounds extends DrainBounds {
  /** How long a delete tries to reach the API, ms. */
  unreachableMs: number;
}

interface Look {
  node?: unknown;
  fault?: string;
}

async function look(inputs: ClusterNodeInputs): Promise<Look> {
  try {
    const path = `/api/v1/nodes/${encodeURIComponent(inputs.nodeName)}`;
    const answer = await callKubernetes(inputs.client, { method: "GET", path, retry: { attempts: 1 } });
    if (answer.status === 404) {
      return {
        fault:
          "no Node of this name has registered (is the kubelet up, and can the machine reach the API server on port 6443 over the tailnet?)",
      };
    }
    if (answer.status !== 200) {
      return { fault: `the API server answers ${kubernetesRefusal(answer)}` };
    }
    return { node: answer.body, fault: nodeFault(answer.body, inputs.address) };
  } catch (error) {
    if (!isUnreachable(error)) {
      throw error;
    }
    return { fault: `the API server does not answer (${error.message}); is this computer in the tailnet?` };
  }
}

/** Waits until the Node is as it should be. When it is not in time, it is kept in the state all the same, so that a destroy removes it. */
async function waitForNode(inputs: ClusterNodeInputs, pauseMs: number): Promise<ClusterNodeState> {
  const begin = Date.now();
  const deadline = begin + inputs.timeoutMinutes * 60_000;
  let saidAt = begin;
  for (;;) {
    const { node, fault } = await look(inputs);
    if (fault === undefined) {
      return { ...inputs, ...nodeFacts(node) };
    }
    const now = Date.now();
    if (now >= deadline) {
      const message = `${inputs.nodeName} was not ready within ${inputs.timeoutMinutes} min: ${fault}.`;
      throw Object.assign(new Error(message), {
        id: inputs.nodeName,
        properties: { ...inputs, ...nodeFacts(node) },
        reasons: [message],
      });
    }
    if (now - saidAt >= 30_000) {
      saidAt = now;
      const minutes = ((now - begin) / 60_000).toFixed(1);
      console.log(`${inputs.nodeName}: waiting for its Node, ${minutes} of ${inputs.timeoutMinutes} min (${fault})`);
    }
    await sleep(Math.min(pauseMs, Math.max(0, deadline - now)));
  }
}

/**
 * Removes the Node. A Node exists only inside its cluster: where the API cannot be reached any more, mostly because the cluster is being
 * destroyed or is broken, there is nothing to remove it from, and insisting would make the stack impossible to destroy.
 */
async function deleteNode(state: ClusterNodeState, bounds: ClusterNodeBounds): Promise<void> {
  const deadline = Date.now() + bounds.unreachableMs;
  for (;;) {
    try {
      await removeNode(state.client, state, bounds);
      return;
    } catch (error) {
      if (!isUnreachable(error)) {
        throw error;
      }
      if (Date.now() >= deadline) {
        console.log(
          `${state.nodeName}: the API server is out of reach or out of order (${error.message}); going on without removing the Node. ` +
            `If the cluster lives on, remove it there: kubectl delete node ${state.nodeName}`,
        );
        return;
      }
      await sleep(bounds.pauseMs);
    }
  }
}

export const defaultBounds: ClusterNodeBounds = {
  evictMs: 120_000,
  leaveMs: 120_000,
  pauseMs: 2000,
  unreachableMs: 60_000,
};

export function createClusterNodeProvider(
  bounds: ClusterNodeBounds,
): pulumi.dynamic.ResourceProvider<ClusterNodeInputs, ClusterNodeState> {
  return {
    create: async (inputs) => ({ id: inputs.nodeName, outs: await waitForNode(inputs, bounds.pauseMs) }),

    read: async (id, props) => {
      if (props === undefined) {
        return { id };
      }
      try {
        const path = `/api/v1/nodes/${encodeURIComponent(id)}`;
        const answer = await callKubernetes(props.client, { method: "GET", path });
        if (answer.status === 404) {
          return { id: "" };
        }
        if (answer.status === 200) {
          return { id, props: { ...props, ...nodeFacts(answer.body) } };
        }
        console.log(`${id}: the Node cannot be read (${kubernetesRefusal(answer)}); keeping what is known of it`);
      } catch (error) {
        if (!isUnreachable(error)) {
          throw error;
        }
        console.log(`${id}: the API server is out of reach (${error.message}); keeping what is known of the Node`);
      }
      return { id, props };
    },

    diff: (_id, olds, news) => {
      const replaces = (["nodeName", "machineId"] as const).filter((key) => olds[key] !== news[key]);
      const updated = (["address", "timeoutMinutes", "__provider"] as const).some((key) => olds[key] !== news[key]);
      // A refresh may have found that pod traffic takes another way by now.
      const strayed = olds.vtep !== olds.address;
      return Promise.resolve({
        changes: replaces.length > 0 || updated || strayed || !sameClient(olds.client, news.client),
        replaces,
        deleteBeforeReplace: true,
      });
    },

    update: async (_id, _olds, news) => ({ outs: await waitForNode(news, bounds.pauseMs) }),

    delete: async (_id, state) => deleteNode(state, bounds),
  };
}
