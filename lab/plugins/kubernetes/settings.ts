import { type Properties, text } from "../protocol/values";
import { KubernetesClient } from "./client";
import { readKubeconfig } from "./kubeconfig";

/** The provider's settings, as far as they change what it does here. */
export interface Settings {
  client?: KubernetesClient;
  /** Namespace of objects that name none. */
  namespace: string;
  serverSideApply: boolean;
  /** On deletion and refresh, an API that cannot be reached counts as gone. */
  deleteUnreachable: boolean;
  mutable: { configMaps: boolean; secrets: boolean };
}

/** Reads them from the provider's configuration alone: a kubeconfig that happens to be on this machine is never used. */
export function readSettings(config: Properties): Settings {
  const kubeconfig = text(config, "kubeconfig");
  const cluster = kubeconfig === undefined ? undefined : readKubeconfig(kubeconfig, text(config, "context"));
  return {
    client: cluster && new KubernetesClient(cluster),
    namespace: text(config, "namespace") ?? cluster?.namespace ?? "default",
    serverSideApply: config.enableServerSideApply !== false,
    deleteUnreachable: config.deleteUnreachable === true,
    mutable: { configMaps: config.enableConfigMapMutable === true, secrets: config.enableSecretMutable === true },
  };
}
