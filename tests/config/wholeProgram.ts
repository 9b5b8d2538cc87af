/** The program from the settings that Pulumi hands it to its last resource, with everything outside mocked. */
import { readFileSync } from "node:fs";
import * as pulumi from "@pulumi/pulumi";
import { vi } from "vitest";
import { parse } from "yaml";
import { loadStackConfig, parseStackConfig } from "../../components/config";
import { clusterStack, JOIN_BUNDLE_VERSION } from "../../components/stack";
import { leaveProvidersUnserialised } from "../http/unserialised";
import { Graph } from "../stack/graph";
import type { StackFile } from "./badConfigs/badConfig";

type Settings = Record<string, unknown>;

/** Credentials as somebody adds them to a stack's file. */
const credentials = { "tailscale:apiKey": "tskey-api-lab" };

/** A configuration of this program, without its namespace, beside good settings of the providers. */
export function beside(config: Settings): Settings {
  const own = Object.entries(config).filter(([, value]) => value !== undefined);
  return {
    "gcp:project": "my-project-id",
    ...credentials,
    ...Object.fromEntries(own.map(([key, value]) => [`talos-cloud-edge:${key}`, value])),
  };
}

/** The settings of a stack's file of this repository, changed by path: `talos-cloud-edge:sites[0].host`. */
export function fromFile(stack: StackFile, changes: Settings): Settings {
  const file = parse(readFileSync(`Pulumi.${stack}.yaml`, "utf8")) as { config: Settings };
  const settings: Settings = { ...credentials, ...file.config };
  for (const [path, value] of Object.entries(changes)) {
    const keys = path.split(/[.[\]]+/).filter((key) => key !== "");
    put(settings, keys, value);
  }
  return settings;
}

function put(target: Settings, [key = "", ...rest]: string[], value: unknown): void {
  if (rest.length > 0) put((target[key] ??= {}) as Settings, rest, value);
  else if (value === undefined) Reflect.deleteProperty(target, key);
  else target[key] = value;
}

/** As Pulumi hands values over: texts and what YAML reads as numbers and booleans as text, the rest as JSON. */
function handedOver(settings: Settings): Record<string, string> {
  const text = (value: unknown): string => {
    if (value === null) return "";
    return typeof value === "string" ? value : JSON.stringify(value);
  };
  return Object.fromEntries(Object.entries(settings).map(([key, value]) => [key, text(value)]));
}

/** What a cloud stack of the default configuration gives to others. */
function joinBundle(): unknown {
  const { cluster, cloud } = parseStackConfig({ cloud: {} });
  const pem = Buffer.from("pem").toString("base64");
  const client = { caCertificate: pem, clientCertificate: pem, clientKey: pem };
  const name = "setup02-cluster-master-1";
  return {
    version: JOIN_BUNDLE_VERSION,
    cluster,
    vpcCidr: cloud?.networkCidr,
    machineSecrets: { cluster: { id: "id", secret: "s" } },
    clientConfiguration: client,
    controlPlanes: [{ name, address: "100.64.0.1" }],
    kubernetesClient: { ...client, host: "https://100.64.0.1:6443" },
    kubeconfig: "kubeconfig",
    talosconfig: "talosconfig",
    members: [{ name, role: "controlplane", place: "cloud", address: "100.64.0.1", podCidr: "10.244.0.0/24" }],
  };
}

export interface Outcome {
  /** Lines of the user error that the program ended in; none where it came to its end. */
  sentences: string[];
  /** Resources that it declared. */
  declared: string[];
}

/** Runs the program. An error that is no user error is thrown. */
export async function run(settings: Settings, encrypted = ["talos-cloud-edge:secretsYaml"]): Promise<Outcome> {
  leaveProvidersUnserialised();
  vi.stubEnv("PULUMI_CONFIG_SECRET_KEYS", JSON.stringify(encrypted));
  const graph = new Graph();
  graph.joinBundle = joinBundle();
  await graph.install();
  pulumi.runtime.setAllConfig(handedOver(settings));
  const sentences = await refusal();
  return { sentences, declared: graph.resources.map(({ type, name }) => `${type} ${name}`) };
}

async function refusal(): Promise<string[]> {
  try {
    const config = loadStackConfig();
    await clusterStack(config);
    await pulumi.runtime.disconnect();
    return [];
  } catch (error) {
    // The Node language host prints the message of a RunError alone, without a stack.
    if (pulumi.RunError.isInstance(error)) return error.message.split("\n");
    throw error;
  }
}
