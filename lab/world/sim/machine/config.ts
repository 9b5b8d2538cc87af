/** What the simulated machine takes out of its machine config. Whether the config is valid is left to the real talosctl. */
import { parseAllDocuments } from "yaml";
import { at, flagAt, listAt, objectAt, textAt, textsAt, textsIn } from "../../json";

export interface MachineConfig {
  role: "controlplane" | "worker";
  hostname?: string;
  machineToken: string;
  machineCa: { crt: string; key?: string };
  installImage: string;
  kubeletVersion: string;
  nodeLabels: Record<string, string>;
  /** `key` to `value:Effect`. */
  nodeTaints: Record<string, string>;
  kubeletSubnets: string[];
  /** Names that the machine itself resolves, e.g. that of the cluster endpoint. */
  hosts: { address: string; names: string[] }[];
  tailscale?: TailscaleService;
  /** The parts that are read at boot only, so that a change of them needs a reboot. */
  atBoot: string;
  cluster: {
    id: string;
    name: string;
    endpoint: string;
    token: string;
    ca: { crt: string; key?: string };
    podSubnet: string;
    serviceSubnet: string;
    etcdSubnets: string[];
    schedulesOnControlPlanes: boolean;
    cni: string;
    flannelArgs: string[];
  };
}

export interface TailscaleService {
  authKey?: string;
  hostname?: string;
  tags: string[];
  authOnce: boolean;
}

const AT_BOOT = ["disks", "files", "udev", "seccompProfiles", "systemDiskEncryption", "baseRuntimeSpecOverrides"];

const parsed = new Map<string, MachineConfig>();
/** Configs of a few machines change rarely; a thousand of them are still not kept for ever. */
const KEPT = 2000;

export function readMachineConfig(text: string): MachineConfig {
  let config = parsed.get(text);
  if (!config) {
    if (parsed.size >= KEPT) parsed.clear();
    config = parse(text);
    parsed.set(text, config);
  }
  return config;
}

function parse(text: string): MachineConfig {
  const documents = parseAllDocuments(text).map((document) => document.toJS() as unknown);
  const main = documents.find(
    (document) => at(document, "machine") !== undefined && at(document, "kind") === undefined,
  );
  const ofKind = (kind: string): unknown[] => documents.filter((document) => textAt(document, "kind") === kind);
  const service = ofKind("ExtensionServiceConfig").find((document) => textAt(document, "name") === "tailscale");
  const cluster = objectAt(main, "cluster");
  return {
    role: textAt(main, "machine", "type") === "controlplane" ? "controlplane" : "worker",
    hostname: textAt(ofKind("HostnameConfig")[0], "hostname") ?? textAt(main, "machine", "network", "hostname"),
    machineToken: textAt(main, "machine", "token") ?? "",
    machineCa: certificate(main, "machine", "ca"),
    installImage: textAt(main, "machine", "install", "image") ?? "",
    kubeletVersion: (textAt(main, "machine", "kubelet", "image") ?? "").split(":").pop() ?? "",
    nodeLabels: textsAt(main, "machine", "nodeLabels"),
    nodeTaints: textsAt(main, "machine", "nodeTaints"),
    kubeletSubnets: textsIn(main, "machine", "kubelet", "nodeIP", "validSubnets"),
    hosts: [
      ...ofKind("StaticHostConfig").map((document) => ({
        address: textAt(document, "name") ?? "",
        names: textsIn(document, "hostnames"),
      })),
      ...listAt(main, "machine", "network", "extraHostEntries").map((entry) => ({
        address: textAt(entry, "ip") ?? "",
        names: textsIn(entry, "aliases"),
      })),
    ],
    atBoot: JSON.stringify(AT_BOOT.map((field) => at(main, "machine", field))),
    tailscale: service === undefined ? undefined : tailscaleService(textsIn(service, "environment")),
    cluster: {
      id: textAt(cluster, "id") ?? "",
      name: textAt(cluster, "clusterName") ?? "",
      endpoint: textAt(cluster, "controlPlane", "endpoint") ?? "",
      token: textAt(cluster, "token") ?? "",
      ca: certificate(cluster, "ca"),
      podSubnet: textsIn(cluster, "network", "podSubnets")[0] ?? "10.244.0.0/16",
      serviceSubnet: textsIn(cluster, "network", "serviceSubnets")[0] ?? "10.96.0.0/12",
      etcdSubnets: textsIn(cluster, "etcd", "advertisedSubnets"),
      schedulesOnControlPlanes: flagAt(cluster, "allowSchedulingOnControlPlanes"),
      cni: textAt(cluster, "network", "cni", "name") ?? "flannel",
      flannelArgs: textsIn(cluster, "network", "cni", "flannel", "extraArgs"),
    },
  };
}

/** Certificates stand in the config as PEM in base64. */
function certificate(from: unknown, ...path: string[]): { crt: string; key?: string } {
  const decode = (text: string | undefined) =>
    text === undefined ? undefined : Buffer.from(text, "base64").toString("utf8");
  return { crt: decode(textAt(from, ...path, "crt")) ?? "", key: decode(textAt(from, ...path, "key")) };
}

function tailscaleService(environment: string[]): TailscaleService {
  const variables = new Map(
    environment.map((entry) => [entry.slice(0, entry.indexOf("=")), entry.slice(entry.indexOf("=") + 1)]),
  );
  const tags = /--advertise-tags[= ](\S+)/.exec(variables.get("TS_EXTRA_ARGS") ?? "")?.[1];
  return {
    authKey: variables.get("TS_AUTHKEY"),
    hostname: variables.get("TS_HOSTNAME"),
    tags: tags?.split(",") ?? [],
    authOnce: variables.get("TS_AUTH_ONCE") === "true",
  };
}
