import { parse } from "yaml";
import type { Run } from "../protocol/provider";
import { isObject, objectAt, type Properties, text, type Value } from "../protocol/values";
import { talosConfig } from "./clientConfiguration";
import { machineConfiguration } from "./machineConfiguration";
import { callNode } from "./nodeCall";

type Invocation = (args: Properties, run: Run) => Promise<Properties>;

/** The Talos provider's functions, by token. Each gives what it adds to its arguments. */
export const invocations: Record<string, Invocation> = {
  "talos:index/getMachineConfiguration:getMachineConfiguration": async (args) => ({
    id: text(args, "clusterName") ?? "",
    machineConfiguration: await machineConfiguration(args),
  }),

  "talos:index/getClientConfiguration:getClientConfiguration": (args) =>
    Promise.resolve({ id: text(args, "clusterName") ?? "", talosConfig: talosConfig(args) }),

  "talos:index/getClusterHealth:getClusterHealth": async (args, run) => {
    await callNode("talos.health", args, readTimeout(args), run);
    return { id: "cluster_health" };
  },

  "talos:index/getClusterKubeconfig:getClusterKubeconfig": async (args, run) => {
    const endpoint = text(args, "endpoint") ?? text(args, "node") ?? "";
    const answer = await callNode("talos.kubeconfig", { ...args, endpoint }, readTimeout(args), run);
    const { kubeconfigRaw, ...client } = answer;
    return {
      id: firstCluster(kubeconfigRaw),
      endpoint,
      kubeconfigRaw: kubeconfigRaw ?? null,
      kubernetesClientConfiguration: client,
    };
  },
};

function readTimeout(args: Properties): string {
  return text(objectAt(args, "timeouts"), "read") ?? "10m";
}

function firstCluster(kubeconfig: Value | undefined): string {
  const parsed = typeof kubeconfig === "string" ? (parse(kubeconfig) as Value) : null;
  const contexts = isObject(parsed) && Array.isArray(parsed.clusters) ? parsed.clusters : [];
  const [first] = contexts;
  return (isObject(first) ? text(first, "name") : undefined) ?? "cluster_kubeconfig";
}
