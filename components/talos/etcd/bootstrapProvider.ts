/** Create, update and diff of etcd's bootstrap. Serialised by Pulumi: see components/http/request.ts. */
import type * as pulumi from "@pulumi/pulumi";
import { talosCode } from "../api/call";
import { bootstrapEtcd, etcdMembers } from "../api/machine";
import type { ClientConfiguration } from "../clientConfiguration";
import { diagnosis, waitForEtcd, type WaitBounds } from "./wait";

export interface BootstrapInputs {
  nodeName: string;
  address: string;
  alone: boolean;
  clientConfiguration: ClientConfiguration;
  timeoutMinutes: number;
  /** Pulumi's own: the code of this provider. */
  __provider?: string;
}

export interface BootstrapBounds extends WaitBounds {
  /** After this time without etcd the request is made again: a node that reboots forgets it. ms */
  repeatMs: number;
}

export const defaultBootstrapBounds: BootstrapBounds = { pauseMs: 2000, repeatMs: 120_000 };

/** An etcd that answers has been bootstrapped, by whomever; one that has data will answer. */
async function bootstrap(inputs: BootstrapInputs, bounds: BootstrapBounds): Promise<void> {
  const node = { address: inputs.address, client: inputs.clientConfiguration };
  let requestedAt: number | undefined;
  await waitForEtcd(inputs.nodeName, inputs.timeoutMinutes, bounds.pauseMs, async () => {
    try {
      await etcdMembers(node, { attempts: 1 });
      return undefined;
    } catch (error) {
      if (requestedAt !== undefined && Date.now() - requestedAt < bounds.repeatMs) {
        return diagnosis(inputs.nodeName, node, error);
      }
    }
    try {
      await bootstrapEtcd(node);
      requestedAt = Date.now();
      return "etcd was told to begin";
    } catch (error) {
      if (talosCode(error) !== "AlreadyExists") {
        return diagnosis(inputs.nodeName, node, error);
      }
      requestedAt = Date.now();
      return "etcd has data, and does not answer yet";
    }
  });
}

export function createBootstrapProvider(
  bounds: BootstrapBounds,
): pulumi.dynamic.ResourceProvider<BootstrapInputs, BootstrapInputs> {
  return {
    create: async (inputs) => {
      await bootstrap(inputs, bounds);
      return { id: inputs.nodeName, outs: inputs };
    },

    diff: (_id, olds, news) => {
      // A new machine in place of the only control plane starts without etcd's data. Beside others it joins their etcd, and a second
      // bootstrap would make a second cluster.
      const anew = olds.alone && news.alone && olds.address !== news.address;
      const keys = ["nodeName", "address", "alone", "timeoutMinutes", "__provider"] as const;
      return Promise.resolve({
        changes: keys.some((key) => olds[key] !== news[key]) || !sameClient(olds, news),
        replaces: anew ? ["address"] : [],
        deleteBeforeReplace: true,
      });
    },

    // etcd is bootstrapped once; what else changes is only recorded.
    update: (_id, _olds, news) => Promise.resolve({ outs: news }),
  };
}

interface HasClient {
  clientConfiguration: ClientConfiguration;
}

export function sameClient(a: HasClient, b: HasClient): boolean {
  const keys = ["caCertificate", "clientCertificate", "clientKey"] as const;
  return keys.every((key) => a.clientConfiguration[key] === b.clientConfiguration[key]);
}
