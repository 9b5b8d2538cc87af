/** What the simulated world remembers: one JSON document. Records serve as maps, by the key named beside them. */
import type { JsonObject } from "../json";
import { FIRST_POLICY } from "../tailnet/store";
import type { TailnetKey } from "../tailnet/store";

export interface WorldState {
  version: 2;
  /** Source of numbers that are never given twice. */
  sequence: number;
  gcp: {
    /** By `<token>|<id>`. */
    resources: Record<string, CloudResource>;
    /** Public addresses drawn so far. */
    publicAddresses: number;
  };
  libvirt: {
    /** By `<host>|<token>|<id>`. */
    objects: Record<string, LibvirtObject>;
  };
  factory: {
    /** By schematic id. */
    schematics: Record<string, { extensions: string[] }>;
  };
  tailnet: Tailnet;
  /** By machine id. */
  machines: Record<string, Machine>;
  /** By cluster id, as in the machine configs. */
  clusters: Record<string, Cluster>;
}

export interface CloudResource {
  token: string;
  id: string;
  project: string;
  inputs: JsonObject;
  outputs: JsonObject;
  /** Boot image that the bytes of a bucket object or of an image hold. */
  image?: BootImage;
}

export interface LibvirtObject {
  host: string;
  token: string;
  id: string;
  inputs: JsonObject;
  outputs: JsonObject;
  /** What is written on a volume. */
  content?: VolumeContent;
}

export type VolumeContent = { kind: "image"; image: BootImage } | { kind: "seed"; userData: string; metaData: string };

export interface BootImage {
  schematic: string;
  version: string;
  platform: "gcp" | "metal" | "nocloud";
  architecture: string;
}

export interface Tailnet {
  /** By key id. */
  keys: Record<string, TailnetKey>;
  /** By node id. */
  devices: Record<string, Device>;
  /** OAuth access tokens, with their expiry (ms). */
  tokens: Record<string, number>;
  policy: JsonObject;
  addresses: number;
}

export interface Device {
  /** The older, numeric id. */
  id: string;
  nodeId: string;
  hostname: string;
  /** Full MagicDNS name; unique in the tailnet. */
  name: string;
  address: string;
  tags: string[];
  ephemeral: boolean;
  authorized: boolean;
  keyExpiryDisabled: boolean;
  created: number;
  lastSeen: number;
}

/**
 * booting: powered on, has not read its config; maintenance: waits for a config over the network; configured: has one, is not in
 * the tailnet yet; joined: is a tailnet device.
 */
export type Stage = "booting" | "maintenance" | "configured" | "joined";

export interface Machine {
  /** GCE instance id or libvirt domain UUID. */
  id: string;
  name: string;
  place: "cloud" | "edge";
  attachment: CloudAttachment | EdgeAttachment;
  /** The system that runs: first from the boot image, then from the installer. */
  system?: BootImage;
  userData?: string;
  stage: Stage;
  /** When the stage began (ms). */
  since: number;
  /** How often it was started by its cloud or hypervisor. */
  starts: number;
  problem?: string;
  config?: string;
  deviceId?: string;
  /** etcd has data on the disk, so it neither bootstraps nor joins anew. */
  etcdData?: boolean;
  /** When etcd, which runs, started to serve here (ms). */
  etcdSince?: number;
  /** The kubelet has registered its Node. */
  registered?: boolean;
}

export interface CloudAttachment {
  kind: "vpc";
  /** Id of the network. */
  network: string;
  address: string;
  /** External address; without one the machine has no way out. */
  external?: string;
}

export interface EdgeAttachment {
  kind: "lan";
  host: string;
  bridge: string;
  mac: string;
  /** Address once leased. */
  address?: string;
}

export interface Cluster {
  id: string;
  name: string;
  endpoint: string;
  token: string;
  ca: { crt: string; key: string };
  podSubnet: string;
  serviceSubnet: string;
  /** Members outlive their machines. */
  members: EtcdMember[];
  /** When etcd lost its quorum, RFC 3339. */
  quorumLosses: string[];
  /** It has no quorum now. */
  lost?: boolean;
  resourceVersion: number;
  /** Pod subnets given so far; none is given twice. */
  podSubnets: number;
  /** By `<resource key>|<namespace>|<name>`. */
  objects: Record<string, KubeObject>;
  /** What server-side apply was told last, by object and field manager. */
  applied: Record<string, JsonObject>;
  /** What finished pods wrote, by pod uid. */
  logs: Record<string, string>;
}

export interface EtcdMember {
  /** Decimal. */
  id: string;
  /** Id of its machine. */
  machine: string;
  /** Host name; empty until its etcd has started. */
  name: string;
  peerUrl: string;
  /** It catches up, and has no vote. */
  learner: boolean;
  /** When it was added (ms). */
  since: number;
}

export interface KubeObject extends JsonObject {
  apiVersion: string;
  kind: string;
  metadata: KubeMetadata;
}

export interface KubeMetadata extends JsonObject {
  name: string;
  namespace?: string;
  uid: string;
  resourceVersion: string;
  creationTimestamp: string;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
}

export const emptyWorld = (): WorldState => ({
  version: 2,
  sequence: 0,
  gcp: { resources: {}, publicAddresses: 0 },
  libvirt: { objects: {} },
  factory: { schematics: {} },
  tailnet: { keys: {}, devices: {}, tokens: {}, policy: structuredClone(FIRST_POLICY), addresses: 0 },
  machines: {},
  clusters: {},
});
