import type { BadStack } from "./badConfig";

/** Values of another kind than their field takes. */
export const kinds: BadStack[] = [
  [
    "an address with a leading zero",
    "edge",
    { "talos-cloud-edge:sites[0].nodes[0].ip": "10.0.21.010" },
    'talos-cloud-edge:sites[0].nodes[0].ip is "10.0.21.010", but must be an IPv4 address; did you mean 10.0.21.10?',
  ],
  [
    "an address that is a number",
    "edge",
    { "talos-cloud-edge:sites[0].nodes[0].ip": 167777546 },
    "talos-cloud-edge:sites[0].nodes[0].ip is 167777546, but must be an IPv4 address; write for example 10.0.20.10.",
  ],
  [
    "a prefix of 33 bits",
    "dev",
    { "talos-cloud-edge:cluster.podCidr": "10.244.0.0/33" },
    'talos-cloud-edge:cluster.podCidr is "10.244.0.0/33", but must be an IPv4 range in CIDR form; write for example 10.244.0.0/16.',
  ],
  [
    "an IPv6 range of Services",
    "dev",
    { "talos-cloud-edge:cluster.serviceCidr": "fd00:10:96::/112" },
    'talos-cloud-edge:cluster.serviceCidr is "fd00:10:96::/112", but must be an IPv4 range in CIDR form (IPv4 only, no IPv6); write for example 10.96.0.0/12.',
  ],
  [
    "an IPv6 range of the VPC",
    "lab",
    { "talos-cloud-edge:cloud.networkCidr": "fd20::/64" },
    'talos-cloud-edge:cloud.networkCidr is "fd20::/64", but must be an IPv4 range in CIDR form (IPv4 only, no IPv6); write for example 10.1.0.0/24.',
  ],
  [
    "an IPv6 operator",
    "dev",
    { "talos-cloud-edge:cloud.operatorCidrs": ["::/0"] },
    'talos-cloud-edge:cloud.operatorCidrs[0] is "::/0", but must be an IPv4 range in CIDR form (IPv4 only, no IPv6); write for example 203.0.113.7/32.',
  ],
  [
    "an IPv6 end of DHCP",
    "edge",
    { "talos-cloud-edge:sites[0].dhcp": { to: "fd00::1" } },
    'talos-cloud-edge:sites[0].dhcp.to is "fd00::1", but must be an IPv4 address (IPv4 only, no IPv6); write for example 10.0.20.200.',
  ],
  [
    "a map where a list belongs",
    "dev",
    { "talos-cloud-edge:sites[0].nodes": { name: "n1" } },
    'talos-cloud-edge:sites[0].nodes is {"name":"n1"}, but must be a list of at least one node; write for example [ { name: talos-edge-1, mac: 52:54:00:00:02:01, ip: 10.0.20.10 } ].',
  ],
  [
    "a list where a map belongs",
    "dev",
    { "talos-cloud-edge:cloud": ["europe-west3"] },
    'talos-cloud-edge:cloud is ["europe-west3"], but must be a group of fields; write for example { region: europe-west3 }.',
  ],
  [
    "a null for a site",
    "edge",
    { "talos-cloud-edge:sites[0]": null },
    "talos-cloud-edge:sites[0] is empty, but must be a group of fields; write for example { name: edge, nodes: [ { name: talos-edge-1, mac: 52:54:00:00:02:01, ip: 10.0.20.10 } ] }.",
  ],
  [
    "a null for a node's name",
    "edge",
    { "talos-cloud-edge:sites[0].nodes[0].name": null },
    "talos-cloud-edge:sites[0].nodes[0].name is empty, but must be a name of at most 63 lower-case letters, digits and hyphens, beginning with a letter and not ending in a hyphen; write for example talos-edge-1.",
  ],
  [
    "an empty name",
    "dev",
    { "talos-cloud-edge:cluster.name": "" },
    'talos-cloud-edge:cluster.name is "", but must be a name of at most 24 lower-case letters, digits and hyphens, beginning with a letter and not ending in a hyphen; write for example setup02.',
  ],
  [
    "a number for a name",
    "dev",
    { "talos-cloud-edge:sites[0].name": 2 },
    "talos-cloud-edge:sites[0].name is 2, but must be a name of at most 24 lower-case letters, digits and hyphens, beginning with a letter and not ending in a hyphen; write for example edge.",
  ],
  [
    "a yes for true",
    "dev",
    { "talos-cloud-edge:cloud.deletionProtection": "yes" },
    'talos-cloud-edge:cloud.deletionProtection is "yes", but must be true or false; write for example false.',
  ],
  [
    "a 1 for true",
    "lab",
    { "talos-cloud-edge:checks": { enabled: 1 } },
    "talos-cloud-edge:checks.enabled is 1, but must be true or false; write for example true.",
  ],
  [
    "a size with its unit",
    "dev",
    { "talos-cloud-edge:sites[0].nodes[0].memoryMb": "8Gi" },
    'talos-cloud-edge:sites[0].nodes[0].memoryMb is "8Gi", but must be a whole number from 2048 to 16777216; write for example 8192.',
  ],
  [
    "a Kubernetes version that YAML reads as a number",
    "dev",
    { "talos-cloud-edge:cluster.kubernetesVersion": 1.35 },
    "talos-cloud-edge:cluster.kubernetesVersion is 1.35, but must be a Kubernetes version without `v`; write for example 1.35.0.",
  ],
  [
    "no DNS server",
    "edge",
    { "talos-cloud-edge:sites[0].dnsServers": [] },
    "talos-cloud-edge:sites[0].dnsServers is [], but must be a list of at least one address; write for example [ 1.1.1.1, 8.8.8.8 ].",
  ],
  [
    "an install disk outside /dev",
    "edge",
    { "talos-cloud-edge:sites[0].nodes[0].installDisk": "/dev/../etc/passwd" },
    'talos-cloud-edge:sites[0].nodes[0].installDisk is "/dev/../etc/passwd", but must be the path of a block device; write for example /dev/vda.',
  ],
  [
    "a pool's path that climbs",
    "dev",
    { "talos-cloud-edge:sites[0].pool": { kind: "directory", path: "/srv/../etc" } },
    'talos-cloud-edge:sites[0].pool.path is "/srv/../etc", but must be an absolute path without spaces; write for example /var/lib/libvirt/talos-cloud-edge.',
  ],
  [
    "a Factory with a password in its URL",
    "dev",
    { "talos-cloud-edge:images": { factoryUrl: "https://me:pw@factory.talos.dev" } },
    'talos-cloud-edge:images.factoryUrl is "https://...@factory.talos.dev", but must be an https URL; write for example https://factory.talos.dev.',
  ],
  [
    "an admin that is blank",
    "dev",
    { "talos-cloud-edge:tailnet": { admins: [" "] } },
    'talos-cloud-edge:tailnet.admins[0] is " ", but must be a user, group or tag of the tailnet; write for example autogroup:admin.',
  ],
];
