import { existsSync, readFileSync } from "node:fs";
import { parse } from "yaml";
import { isObject, objectAt, type Properties, text, type Value } from "../protocol/values";

/** What a client needs of a kubeconfig. */
export interface Cluster {
  server: string;
  namespace: string;
  /** PEM. */
  ca?: string;
  cert?: string;
  key?: string;
  token?: string;
}

/** Reads a kubeconfig, given as text or as the path of a file. */
export function readKubeconfig(given: string, contextName?: string): Cluster {
  const content =
    given.includes("\n") || given.trimStart().startsWith("{") || !existsSync(given)
      ? given
      : readFileSync(given, "utf8");
  const config = parse(content) as Value;
  if (!isObject(config)) throw new Error("The kubeconfig is neither a configuration nor the path of one.");
  const context = named(config, "contexts", "context", contextName ?? text(config, "current-context"));
  const cluster = named(config, "clusters", "cluster", text(context, "cluster"));
  const user = named(config, "users", "user", text(context, "user"));
  const server = text(cluster, "server");
  if (!server) throw new Error("The kubeconfig names no server for its context.");
  return {
    server: server.replace(/\/$/, ""),
    namespace: text(context, "namespace") ?? "default",
    ca: decoded(cluster, "certificate-authority-data"),
    cert: decoded(user, "client-certificate-data"),
    key: decoded(user, "client-key-data"),
    token: text(user, "token"),
  };
}

function named(config: Properties, list: string, key: string, name: string | undefined): Properties {
  const entries = config[list];
  const found = Array.isArray(entries) ? entries.find((entry) => isObject(entry) && entry.name === name) : undefined;
  if (!isObject(found)) throw new Error(`The kubeconfig has no ${key} named ${JSON.stringify(name ?? "")}.`);
  return objectAt(found, key);
}

function decoded(properties: Properties, key: string): string | undefined {
  const value = text(properties, key);
  return value && Buffer.from(value, "base64").toString("utf8");
}
