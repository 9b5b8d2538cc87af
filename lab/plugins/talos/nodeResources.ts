/** The resources that talk to a node's Talos API: its config, etcd's bootstrap, the kubeconfig. */
import { createHash } from "node:crypto";
import { parse } from "yaml";
import type { Failure, Run } from "../protocol/provider";
import { isObject, isUnknown, objectAt, type Properties, stringList, text, type Value } from "../protocol/values";
import { expiresWithin } from "./clientConfiguration";
import { durationMs } from "./duration";
import { patchedConfiguration, validateConfiguration } from "./machineConfiguration";
import { callNode } from "./nodeCall";
import type { TalosResource } from "./resource";

const defaultTimeout = "10m";

export const machineConfigurationApply: TalosResource = {
  rules: { replaces: [] },
  refuse: (inputs) => [
    ...exactlyOne(inputs, "machineConfigurationInput", "machineConfigurationInputWo"),
    ...exactlyOne(inputs, "clientConfiguration", "clientConfigurationWo"),
    ...oneOf(inputs, "applyMode", ["auto", "reboot", "no_reboot", "staged", "staged_if_needing_reboot"]),
  ],
  create: async (inputs, run) => ({
    id: "machine_configuration_apply",
    outputs: await apply(inputs, timeoutOf(inputs, "create"), run),
  }),
  update: (_known, news, run) => apply(news, timeoutOf(news, "update"), run),
};

export const machineBootstrap: TalosResource = {
  rules: { replaces: [] },
  refuse: (inputs) => exactlyOne(inputs, "clientConfiguration", "clientConfigurationWo"),
  create: async (inputs, run) => {
    await callNode("talos.bootstrap", target(inputs), timeoutOf(inputs, "create"), run);
    return { id: "machine_bootstrap", outputs: { ...stored(inputs), endpoint: endpoint(inputs) } };
  },
  // etcd is bootstrapped once; a changed address or certificate is only recorded.
  update: (_known, news) => Promise.resolve({ ...stored(news), endpoint: endpoint(news) }),
};

export const clusterKubeconfig: TalosResource = {
  rules: { replaces: [] },
  adjust: (known, news, result) => ({
    ...result,
    changes: [
      ...result.changes,
      ...(needsRenewal(known.outputs, news)
        ? [{ path: "kubeconfigRaw", kind: "update" as const, replaces: false }]
        : []),
    ],
  }),
  create: async (inputs, run) => {
    const outputs = await fetchKubeconfig(inputs, timeoutOf(inputs, "create"), run);
    return { id: clusterName(text(outputs, "kubeconfigRaw") ?? ""), outputs };
  },
  update: async (known, news, run) =>
    needsRenewal(known.outputs, news)
      ? fetchKubeconfig(news, timeoutOf(news, "update"), run)
      : { ...known.outputs, ...news, ...kubeconfigDefaults(news) },
};

async function apply(inputs: Properties, timeout: string, run: Run): Promise<Properties> {
  const input = text(inputs, "machineConfigurationInput") ?? text(inputs, "machineConfigurationInputWo") ?? "";
  const machineConfig = await patchedConfiguration(input, stringList(inputs.configPatches));
  await validateConfiguration(machineConfig);
  const applyMode = text(inputs, "applyMode") ?? "auto";
  const result = await callNode("talos.apply", { ...target(inputs), machineConfig, applyMode }, timeout, run);
  return {
    ...stored(inputs),
    applyMode,
    endpoint: endpoint(inputs),
    machineConfiguration: machineConfig,
    machineConfigurationHash: createHash("sha256").update(machineConfig).digest("hex"),
    resolvedApplyMode:
      applyMode === "staged_if_needing_reboot" ? (text(result, "mode") === "staged" ? "staged" : "auto") : applyMode,
  };
}

async function fetchKubeconfig(inputs: Properties, timeout: string, run: Run): Promise<Properties> {
  const answer = await callNode("talos.kubeconfig", target(inputs), timeout, run);
  const { host, caCertificate, clientCertificate, clientKey, kubeconfigRaw } = answer;
  return {
    ...inputs,
    ...kubeconfigDefaults(inputs),
    kubeconfigRaw: kubeconfigRaw ?? null,
    kubernetesClientConfiguration: {
      host: host ?? null,
      caCertificate: caCertificate ?? null,
      clientCertificate: clientCertificate ?? null,
      clientKey: clientKey ?? null,
    },
  };
}

function kubeconfigDefaults(inputs: Properties): Properties {
  return {
    endpoint: endpoint(inputs),
    certificateRenewalDuration: text(inputs, "certificateRenewalDuration") ?? "720h",
  };
}

function needsRenewal(outputs: Properties, news: Properties): boolean {
  const certificate = text(objectAt(outputs, "kubernetesClientConfiguration"), "clientCertificate");
  const within = durationMs(text(kubeconfigDefaults(news), "certificateRenewalDuration") ?? "720h");
  return certificate !== undefined && expiresWithin(certificate, within);
}

function clusterName(kubeconfig: string): string {
  const parsed = parse(kubeconfig) as Value;
  const clusters = isObject(parsed) ? parsed.clusters : undefined;
  const first = Array.isArray(clusters) ? clusters[0] : undefined;
  return (isObject(first) ? text(first, "name") : undefined) ?? "cluster_kubeconfig";
}

function target(inputs: Properties): Properties {
  const client = isObject(inputs.clientConfigurationWo)
    ? inputs.clientConfigurationWo
    : objectAt(inputs, "clientConfiguration");
  return { node: text(inputs, "node") ?? "", endpoint: endpoint(inputs), clientConfiguration: client };
}

function endpoint(inputs: Properties): string {
  return text(inputs, "endpoint") ?? text(inputs, "node") ?? "";
}

function timeoutOf(inputs: Properties, operation: string): string {
  return text(objectAt(inputs, "timeouts"), operation) ?? defaultTimeout;
}

/** Write-only inputs are used and not kept. */
function stored(inputs: Properties): Properties {
  return Object.fromEntries(Object.entries(inputs).filter(([name]) => !name.endsWith("Wo")));
}

function exactlyOne(inputs: Properties, first: string, second: string): Failure[] {
  const given = [first, second].filter((name) => (inputs[name] ?? null) !== null);
  return given.length === 1 ? [] : [{ property: first, reason: `Exactly one of ${first} and ${second} must be set.` }];
}

function oneOf(inputs: Properties, name: string, allowed: string[]): Failure[] {
  const value = inputs[name] ?? null;
  if (value === null || isUnknown(value) || allowed.some((word) => word === value)) return [];
  return [{ property: name, reason: `Property '${name}' must be one of ${allowed.join(", ")}.` }];
}
