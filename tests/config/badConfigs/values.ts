import { withCloud, withCluster, withNode, withSite } from "../samples";
import type { BadConfig } from "./badConfig";

export const values: BadConfig[] = [
  [
    "a number in quotes",
    withCloud({ controlPlanes: { count: "3" } }),
    'talos-cloud-edge:cloud.controlPlanes.count is "3", but must be 1, 3 or 5; did you mean 3 (without quotes)?',
  ],
  [
    "a number that is text",
    withCloud({ workers: { count: "two" } }),
    'talos-cloud-edge:cloud.workers.count is "two", but must be a whole number from 0 to 5000; write for example 1.',
  ],
  [
    "a negative number",
    withCloud({ workers: { count: -1 } }),
    "talos-cloud-edge:cloud.workers.count is -1, but must be a whole number from 0 to 5000; write for example 1.",
  ],
  [
    "a fraction",
    withNode({ vcpus: 2.5 }),
    "talos-cloud-edge:sites[0].nodes[0].vcpus is 2.5, but must be a whole number from 2 to 512; write for example 4.",
  ],
  [
    "a number too small",
    withNode({ memoryMb: 512 }),
    "talos-cloud-edge:sites[0].nodes[0].memoryMb is 512, but must be a whole number from 2048 to 16777216; write for example 8192.",
  ],
  [
    "a number too large",
    { cloud: {}, checks: { timeoutMinutes: 61 } },
    "talos-cloud-edge:checks.timeoutMinutes is 61, but must be a whole number from 1 to 60; write for example 5.",
  ],
  [
    "a number beyond all bounds",
    withNode({ diskGb: 1e300 }),
    "talos-cloud-edge:sites[0].nodes[0].diskGb is 1e+300, but must be a whole number from 10 to 65536; write for example 50.",
  ],
  [
    "a boolean in quotes",
    withCloud({ deletionProtection: "true" }),
    'talos-cloud-edge:cloud.deletionProtection is "true", but must be true or false; did you mean true (without quotes)?',
  ],
  [
    "a boolean that is text",
    withCloud({ directWireGuard: "open" }),
    'talos-cloud-edge:cloud.directWireGuard is "open", but must be true or false; write for example false.',
  ],
  [
    "one of two, misspelt",
    withCloud({ architecture: "arm" }),
    'talos-cloud-edge:cloud.architecture is "arm", but must be amd64 or arm64; did you mean arm64?',
  ],
  [
    "one of two, unlike either",
    withNode({ boot: "pxe" }),
    'talos-cloud-edge:sites[0].nodes[0].boot is "pxe", but must be nocloud or iso; write for example nocloud.',
  ],
  [
    "a kind of pool that there is not",
    withSite({ pool: { kind: "zfs" } }),
    'talos-cloud-edge:sites[0].pool.kind is "zfs", but must be directory or lvm; write for example directory.',
  ],
  [
    "a pool without a kind",
    withSite({ pool: { path: "/srv/disks" } }),
    "talos-cloud-edge:sites[0].pool.kind is missing; write directory or lvm, for example directory.",
  ],
  [
    "an LVM pool without its group",
    withSite({ pool: { kind: "lvm" } }),
    "talos-cloud-edge:sites[0].pool.volumeGroup is missing; write the name of an LVM volume group, for example vg-talos-setup02.",
  ],
  [
    "a pool at a relative path",
    withSite({ pool: { kind: "directory", path: "disks" } }),
    'talos-cloud-edge:sites[0].pool.path is "disks", but must be an absolute path without spaces; write for example /var/lib/libvirt/talos-cloud-edge.',
  ],
  [
    "a volume group with a space",
    withSite({ pool: { kind: "lvm", volumeGroup: "my group" } }),
    'talos-cloud-edge:sites[0].pool.volumeGroup is "my group", but must be the name of an LVM volume group; write for example vg-talos-setup02.',
  ],
  [
    "a device that is no path",
    withSite({ pool: { kind: "lvm", volumeGroup: "vg", devices: ["sda7"] } }),
    'talos-cloud-edge:sites[0].pool.devices[0] is "sda7", but must be the path of a block device; did you mean /dev/sda7?',
  ],
  [
    "a MAC address with hyphens",
    withNode({ mac: "52-54-00-00-02-AB" }),
    'talos-cloud-edge:sites[0].nodes[0].mac is "52-54-00-00-02-AB", but must be a MAC address in lower case with colons; did you mean 52:54:00:00:02:ab?',
  ],
  [
    "a MAC address cut short",
    withNode({ mac: "52:54:00" }),
    'talos-cloud-edge:sites[0].nodes[0].mac is "52:54:00", but must be a MAC address in lower case with colons; write for example 52:54:00:00:02:01.',
  ],
  [
    "an IPv6 address of a node",
    withNode({ ip: "fd00::10" }),
    'talos-cloud-edge:sites[0].nodes[0].ip is "fd00::10", but must be an IPv4 address (IPv4 only, no IPv6); write for example 10.0.20.10.',
  ],
  [
    "an address with a number above 255",
    withNode({ ip: "10.0.20.300" }),
    'talos-cloud-edge:sites[0].nodes[0].ip is "10.0.20.300", but must be an IPv4 address; write for example 10.0.20.10.',
  ],
  [
    "an IPv6 range of pods",
    withCluster({ podCidr: "fd00::/56" }),
    'talos-cloud-edge:cluster.podCidr is "fd00::/56", but must be an IPv4 range in CIDR form (IPv4 only, no IPv6); write for example 10.244.0.0/16.',
  ],
  [
    "an IPv6 range of a site",
    withSite({ cidr: "2001:db8::/64" }),
    'talos-cloud-edge:sites[0].cidr is "2001:db8::/64", but must be an IPv4 range in CIDR form (IPv4 only, no IPv6); write for example 10.0.20.0/24.',
  ],
  [
    "an address for a range",
    withCloud({ operatorCidrs: ["203.0.113.7"] }),
    'talos-cloud-edge:cloud.operatorCidrs[0] is "203.0.113.7", but must be an IPv4 range in CIDR form; write for example 203.0.113.7/32.',
  ],
  [
    "an IPv6 DNS server",
    withSite({ dnsServers: ["2606:4700:4700::1111"] }),
    'talos-cloud-edge:sites[0].dnsServers[0] is "2606:4700:4700::1111", but must be an IPv4 address (IPv4 only, no IPv6); write for example 1.1.1.1.',
  ],
];
