import { delimiter } from "node:path";
import type { LabFolder } from "./labFolder";

/** What could lead a plugin of ours, or the program, to a real account or a real host. The world sets its own afterwards. */
const leadsOutside =
  /^(PULUMI_|GOOGLE_|GCLOUD_|GCP_|CLOUDSDK_|TAILSCALE_|TS_|LIBVIRT_|VIRSH_|KUBE|TALOS|AWS_|ARM_|AZURE_|ALL_PROXY|HTTP_PROXY|HTTPS_PROXY|NO_PROXY|SSL_CERT_|NODE_EXTRA_CA_CERTS|NODE_OPTIONS|LAB_)/i;

export interface EngineSurroundings {
  folder: LabFolder;
  /** What the world wants set: proxy, certificate authority, its own address. */
  world: Record<string, string>;
  /** Folders that come first on PATH. */
  path: string[];
}

/** The environment of the engine, and through it of the program and of all plugins. */
export function engineEnv(base: NodeJS.ProcessEnv, { folder, world, path }: EngineSurroundings): NodeJS.ProcessEnv {
  const kept = Object.fromEntries(Object.entries(base).filter(([name]) => !leadsOutside.test(name)));
  return {
    ...kept,
    ...world,
    PATH: [...path, base["PATH"] ?? ""].join(delimiter),
    PULUMI_HOME: folder.home,
    // Files of metadata are written in place: an engine that is killed meanwhile leaves an empty one, and no later one reads the state.
    PULUMI_BACKEND_URL: `file://${folder.state}?metadata=skip`,
    PULUMI_CONFIG_PASSPHRASE_FILE: folder.passphrase,
    PULUMI_SKIP_UPDATE_CHECK: "true",
    // A provider plugin that is installed on this machine talks to the real cloud.
    PULUMI_IGNORE_AMBIENT_PLUGINS: "true",
    PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
    // Local packages name their registry in Pulumi.yaml; nothing is looked up there.
    PULUMI_DISABLE_REGISTRY_RESOLVE: "true",
    PULUMI_ENABLE_STREAMING_JSON_PREVIEW: "true",
  };
}
