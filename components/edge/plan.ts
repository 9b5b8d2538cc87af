/** What a site consists of, computed from the configuration: names, addresses, leases. Pure. */
import { canonicalCidr, cidrSize, nthAddress, numberToAddress, prefixLength } from "../config/cidr";
import type { Architecture, ClusterConfig, EdgeNodeConfig, SiteConfig } from "../config/schema";

/** One machine of a site. */
export interface EdgeNodePlan {
  /** Host name, Node name and tailnet name. */
  name: string;
  /** Name of the libvirt domain: `<cluster>-<node>`. Its volumes begin with it. */
  domainName: string;
  mac: string;
  ip: string;
  vcpus: number;
  memoryMb: number;
  /** Size of the system disk, bytes. */
  diskBytes: number;
  boot: EdgeNodeConfig["boot"];
  architecture: Architecture;
  tpm: boolean;
  /** SMBIOS UUID, where the configuration fixes it. */
  uuid?: string;
  generation: number;
}

/** A fixed DHCP lease. */
export interface Lease {
  mac: string;
  ip: string;
  hostname: string;
}

/** One edge site. */
export interface SitePlan {
  clusterName: string;
  siteName: string;
  /** Begins every name that the site has on its host: `<cluster>-<site>`. */
  name: string;
  /** The KVM host: `local` or what ssh takes. */
  host: string;
  libvirtUri: string;
  bridge: string;
  /** The LAN, `a.b.c.d/n`. */
  cidr: string;
  prefix: number;
  netmask: string;
  /** Address of the bridge: router, DHCP and DNS server of the site. */
  gateway: string;
  dhcp: { from: string; to: string };
  leases: Lease[];
  dnsServers: string[];
  networkName: string;
  poolName: string;
  /** Where the pool keeps its volumes. A directory pool has a directory of its own, so that sites of one host don't share it. */
  pool: { kind: "directory"; path: string } | { kind: "lvm"; volumeGroup: string; devices: string[] };
  /** systemd units on the host, without `.service`. */
  units: { network: string; dhcp: string };
  nodes: EdgeNodePlan[];
}

/** Computes a site's plan. */
export function sitePlan(cluster: ClusterConfig, site: SiteConfig): SitePlan {
  const name = `${cluster.name}-${site.name}`;
  const cidr = canonicalCidr(site.cidr);
  const prefix = prefixLength(cidr);
  const lastUsable = cidrSize(cidr) - 2;
  const unit = `talos-cloud-edge-${name}`;
  return {
    clusterName: cluster.name,
    siteName: site.name,
    name,
    host: site.host,
    // The system's ssh rather than libvirt's built-in one: it honours the user's own ssh configuration and agent.
    libvirtUri: site.host === "local" ? "qemu:///system" : `qemu+sshcmd://${site.host}/system`,
    bridge: site.bridge ?? name,
    cidr,
    prefix,
    netmask: numberToAddress(2 ** 32 - 2 ** (32 - prefix)),
    gateway: nthAddress(cidr, 1),
    dhcp: {
      // In a LAN of fewer than ten usable addresses DHCP begins right after the bridge.
      from: site.dhcp.from ?? nthAddress(cidr, lastUsable >= 10 ? 10 : 2),
      to: site.dhcp.to ?? nthAddress(cidr, Math.min(200, lastUsable)),
    },
    leases: site.nodes.map((node) => ({ mac: node.mac, ip: node.ip, hostname: node.name })),
    dnsServers: site.dnsServers,
    networkName: name,
    poolName: name,
    pool:
      site.pool.kind === "directory"
        ? { ...site.pool, path: `${site.pool.path.replace(/\/+$/, "")}/${name}` }
        : site.pool,
    units: { network: `${unit}-network`, dhcp: `${unit}-dhcp` },
    nodes: site.nodes.map((node) => edgeNodePlan(cluster, node)),
  };
}

/** One machine, computed from the configuration. */
export function edgeNodePlan(cluster: ClusterConfig, node: EdgeNodeConfig): EdgeNodePlan {
  return {
    name: node.name,
    domainName: `${cluster.name}-${node.name}`,
    mac: node.mac,
    ip: node.ip,
    vcpus: node.vcpus,
    memoryMb: node.memoryMb,
    diskBytes: node.diskGb * 1024 ** 3,
    boot: node.boot,
    architecture: node.architecture,
    tpm: node.tpm,
    ...(node.uuid === undefined ? {} : { uuid: node.uuid }),
    generation: node.generation,
  };
}
