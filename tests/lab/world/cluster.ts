/** A small cluster for tests: its secrets, machine configs and the resources it is made of, by plain RPC. */
import { stringify } from "yaml";
import { issueCertificate } from "../../../lab/world/server/certificates";
import type { KeyedCertificate } from "../../../lab/world/server/certificates";
import type { Json, Lab } from "./lab";

export const SCHEMATIC = "4a0d65c669d46663f377e7161e50cfd570c401f26fd9e7bda34a0216b6f1922b";
export const PLAIN_SCHEMATIC = "376567988ad370138ad8b2698212367b8edcb69b5fd68c80be1f2ec7d603b4ba";
export const VERSION = "v1.12.4";
export const ENDPOINT = "api.setup02.internal";
export const URI = "qemu+sshcmd://root@kvm.lab/system";
export const MAC = "52:54:00:00:02:01";
const SUBNET = "projects/talos-lab/regions/europe-west3/subnetworks/vpc-subnet";

const base64 = (text: string) => Buffer.from(text).toString("base64");

export class Secrets {
  readonly machineCa = issueCertificate({ commonName: "talos", use: "ca", days: 10 });
  readonly clusterCa = issueCertificate({ commonName: "kubernetes", use: "ca", days: 10 });
  readonly etcdCa = issueCertificate({ commonName: "etcd", use: "ca", days: 10 });
  readonly id = base64(`cluster-${Math.random()}-0123456789abcdef`.slice(0, 32));

  get client(): Json {
    const admin = issueCertificate(
      { commonName: "admin", organization: "os:admin", use: "client", days: 1 },
      this.machineCa,
    );
    return {
      caCertificate: base64(this.machineCa.cert),
      clientCertificate: base64(admin.cert),
      clientKey: base64(admin.key),
    };
  }
}

export interface ConfigOptions {
  role: "controlplane" | "worker";
  name: string;
  authKey: string;
  tag: string;
  /** Addresses that the endpoint's name leads to. */
  endpoint: string[];
  installer?: string;
  flannelArgs?: string[];
  taints?: Record<string, string>;
}

export function machineConfig(secrets: Secrets, options: ConfigOptions): string {
  const isControlPlane = options.role === "controlplane";
  const pair = (from: KeyedCertificate) => ({ crt: base64(from.cert), key: isControlPlane ? base64(from.key) : "" });
  const documents: unknown[] = [
    {
      version: "v1alpha1",
      machine: {
        type: options.role,
        token: "ry0ko8.a7v5n4cemvmw3vf9",
        ca: pair(secrets.machineCa),
        kubelet: { image: "ghcr.io/siderolabs/kubelet:v1.35.0", nodeIP: { validSubnets: ["100.64.0.0/10"] } },
        install: {
          disk: "/dev/vda",
          image: options.installer ?? `factory.talos.dev/installer/${SCHEMATIC}:${VERSION}`,
        },
        nodeLabels: { place: isControlPlane ? "cloud" : "any" },
        ...(options.taints && { nodeTaints: options.taints }),
      },
      cluster: {
        id: secrets.id,
        secret: base64("0123456789abcdef0123456789abcdef"),
        clusterName: "setup02",
        controlPlane: { endpoint: `https://${ENDPOINT}:6443` },
        token: "x9x74o.ip37sm50x5cfzydr",
        ca: pair(secrets.clusterCa),
        network: {
          podSubnets: ["10.244.0.0/16"],
          serviceSubnets: ["10.96.0.0/12"],
          ...(isControlPlane && {
            cni: { name: "flannel", flannel: { extraArgs: options.flannelArgs ?? ["--iface=tailscale0"] } },
          }),
        },
        ...(isControlPlane && { etcd: { ca: pair(secrets.etcdCa), advertisedSubnets: ["10.1.0.0/24"] } }),
      },
    },
    { apiVersion: "v1alpha1", kind: "HostnameConfig", auto: "off", hostname: options.name },
    {
      apiVersion: "v1alpha1",
      kind: "ExtensionServiceConfig",
      name: "tailscale",
      environment: [
        `TS_AUTHKEY=${options.authKey}`,
        `TS_HOSTNAME=${options.name}`,
        "TS_AUTH_ONCE=true",
        `TS_EXTRA_ARGS=--advertise-tags=${options.tag} --accept-routes=false`,
      ],
    },
    ...options.endpoint.map((name) => ({
      apiVersion: "v1alpha1",
      kind: "StaticHostConfig",
      name,
      hostnames: [ENDPOINT],
    })),
  ];
  return documents.map((document) => stringify(document)).join("---\n");
}

export async function registerSchematic(lab: Lab, extensions = ["siderolabs/tailscale"]): Promise<string> {
  const body = { customization: { systemExtensions: { officialExtensions: extensions } } };
  const answer = await lab.https("https://factory.talos.dev/schematics", { method: "POST", body: stringify(body) });
  return (answer.body as { id: string }).id;
}

export async function authKey(lab: Lab, tag: string, more: Json = {}): Promise<{ id: string; key: string }> {
  const create = { reusable: false, ephemeral: false, preauthorized: true, tags: [tag], ...more };
  const made = await lab.tailscale("POST", "tailnet/-/keys", {
    capabilities: { devices: { create } },
    expirySeconds: 600,
    description: "lab",
  });
  return made as { id: string; key: string };
}

export async function gcp(lab: Lab, type: string, inputs: Json): Promise<{ id: string; outputs: Json }> {
  return (await lab.rpc("gcp.create", { token: type, name: String(inputs.name), inputs })) as {
    id: string;
    outputs: Json;
  };
}

/** Bucket, image and network, each of which `cloudNode` needs. */
export async function cloud(lab: Lab): Promise<void> {
  await registerSchematic(lab);
  await gcp(lab, "gcp:storage/bucket:Bucket", { name: "setup02-images", location: "europe-west3" });
  const uri = `https://factory.talos.dev/image/${SCHEMATIC}/${VERSION}/gcp-amd64.raw.tar.gz`;
  await gcp(lab, "gcp:storage/bucketObject:BucketObject", {
    name: "talos.tar.gz",
    bucket: "setup02-images",
    source: { uri },
  });
  await gcp(lab, "gcp:compute/image:Image", { name: "talos", rawDisk: { source: "gs://setup02-images/talos.tar.gz" } });
  await gcp(lab, "gcp:compute/network:Network", { name: "vpc", autoCreateSubnetworks: false });
  await gcp(lab, "gcp:compute/subnetwork:Subnetwork", {
    name: "vpc-subnet",
    network: "vpc",
    ipCidrRange: "10.1.0.0/24",
    region: "europe-west3",
  });
}

export function cloudNode(
  lab: Lab,
  name: string,
  networkIp: string,
  userData: string,
  more: Json = {},
): Promise<{ id: string; outputs: Json }> {
  return gcp(lab, "gcp:compute/instance:Instance", {
    name,
    zone: "europe-west3-a",
    machineType: "e2-standard-4",
    bootDisk: { initializeParams: { image: "talos", size: 50 } },
    networkInterfaces: [{ subnetwork: SUBNET, networkIp, accessConfigs: [{}] }],
    metadata: { "user-data": userData },
    ...more,
  });
}

/** What a site's scripts leave on the host: bridge, NAT, DHCP. */
export const SITE_UP = `
set -eu
mkdir -p "$ROOT/etc/site1"
printf 'interface=site1\\ndhcp-range=10.0.20.10,10.0.20.200,255.255.255.0,12h\\ndhcp-host=${MAC},10.0.20.10,talos-edge-1,infinite\\n' >"$ROOT/etc/site1/dnsmasq.conf"
mkdir -p "$ROOT/etc/systemd/system"
printf '[Service]\\nExecStart=dnsmasq --keep-in-foreground --conf-file=/etc/site1/dnsmasq.conf\\n' >"$ROOT/etc/systemd/system/site1.service"
ovs-vsctl --may-exist add-br site1
ip addr replace 10.0.20.1/24 dev site1
ip link set dev site1 up
sysctl -q -w net.ipv4.ip_forward=1
nft -f - <<'EOF'
table ip site1 {
  chain postrouting { ip saddr 10.0.20.0/24 masquerade }
}
EOF
systemctl daemon-reload
systemctl enable --now site1
`;

export const SITE_DOWN = `
set -eu
systemctl disable --now site1
nft delete table ip site1
ovs-vsctl del-br site1
rm -r "$ROOT/etc/site1" "$ROOT/etc/systemd/system/site1.service"
`;

export async function libvirt(lab: Lab, kind: string, inputs: Json): Promise<{ id: string; outputs: Json }> {
  const token = `libvirt:index/${kind}`;
  return (await lab.rpc("libvirt.create", { token, uri: URI, name: String(inputs.name), inputs })) as {
    id: string;
    outputs: Json;
  };
}

/** Network and pool of the site. */
export async function site(lab: Lab, type = "dir"): Promise<void> {
  await libvirt(lab, "network:Network", { name: "site1", forward: { mode: "bridge" }, bridge: { name: "site1" } });
  await libvirt(lab, "pool:Pool", { name: "site1", type, target: { path: "/var/lib/libvirt/site1" } });
}

/** An edge machine that boots the ISO of this platform, with a seed where there is user-data. */
export async function edgeNode(
  lab: Lab,
  name: string,
  platform: "nocloud" | "metal",
  userData?: string,
): Promise<void> {
  const url = `https://factory.talos.dev/image/${SCHEMATIC}/${VERSION}/${platform}-amd64.iso`;
  const iso = await libvirt(lab, "volume:Volume", { name: `${name}.iso`, pool: "site1", create: { content: { url } } });
  const disk = await libvirt(lab, "volume:Volume", { name: `${name}.qcow2`, pool: "site1", capacity: 50 * 2 ** 30 });
  const cdroms = [iso.id];
  if (userData !== undefined) {
    const image = await libvirt(lab, "cloudinitDisk:CloudinitDisk", {
      name: `${name}-seed`,
      userData,
      metaData: `instance-id: ${name}\n`,
    });
    const seed = await libvirt(lab, "volume:Volume", {
      name: `${name}-seed.iso`,
      pool: "site1",
      create: { content: { url: image.outputs.path } },
    });
    cdroms.push(seed.id);
  }
  await libvirt(lab, "domain:Domain", {
    name,
    type: "kvm",
    memory: 8192,
    running: true,
    devices: {
      disks: [
        { device: "disk", source: { file: { file: disk.id } } },
        ...cdroms.map((file) => ({ device: "cdrom", source: { file: { file } } })),
      ],
      interfaces: [{ mac: { address: MAC }, source: { network: { network: "site1" } } }],
    },
  });
}

export interface Device {
  nodeId: string;
  hostname: string;
  name: string;
  addresses: string[];
}

/** Waits for a device of this name. @returns its tailnet address. */
export async function joined(lab: Lab, hostname: string): Promise<string> {
  let found: Device | undefined;
  await lab.until(`${hostname} is in the tailnet`, async () => {
    found = (await devices(lab)).find((device) => device.hostname === hostname);
    return found !== undefined;
  });
  return found?.addresses[0] ?? "";
}

export const devices = async (lab: Lab): Promise<Device[]> =>
  (await lab.tailscale("GET", "tailnet/-/devices")).devices as Device[];
