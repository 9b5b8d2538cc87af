import { node, site, withNode, withSite } from "../samples";
import type { BadConfig } from "./badConfig";

export const sites: BadConfig[] = [
  [
    "a LAN of four addresses",
    withSite({ cidr: "10.0.20.0/30" }),
    "talos-cloud-edge:sites[0].cidr is 10.0.20.0/30, which is too small for a bridge, DHCP and nodes; write a /29 or larger, for example 10.0.20.0/24.",
  ],
  [
    "a node outside its LAN",
    withNode({ ip: "10.0.21.10" }),
    "talos-cloud-edge:sites[0].nodes[0].ip is 10.0.21.10, which is outside the site's LAN 10.0.20.0/24; write for example 10.0.20.10.",
  ],
  [
    "a node on the network address",
    withNode({ ip: "10.0.20.0" }),
    "talos-cloud-edge:sites[0].nodes[0].ip is 10.0.20.0, which is the network address of 10.0.20.0/24; write for example 10.0.20.10.",
  ],
  [
    "a node on the bridge's address",
    withNode({ ip: "10.0.20.1" }),
    "talos-cloud-edge:sites[0].nodes[0].ip is 10.0.20.1, which is the bridge's own address in 10.0.20.0/24; write for example 10.0.20.10.",
  ],
  [
    "a node on the broadcast address",
    withNode({ ip: "10.0.20.255" }),
    "talos-cloud-edge:sites[0].nodes[0].ip is 10.0.20.255, which is the broadcast address of 10.0.20.0/24; write for example 10.0.20.10.",
  ],
  [
    "DHCP outside the LAN",
    withSite({ dhcp: { from: "10.0.21.10" } }),
    "talos-cloud-edge:sites[0].dhcp.from is 10.0.21.10, but DHCP on 10.0.20.0/24 may draw from 10.0.20.2 to 10.0.20.254; write from: 10.0.20.2.",
  ],
  [
    "DHCP over the bridge's address",
    withSite({ dhcp: { from: "10.0.20.1" } }),
    "talos-cloud-edge:sites[0].dhcp.from is 10.0.20.1, but DHCP on 10.0.20.0/24 may draw from 10.0.20.2 to 10.0.20.254; write from: 10.0.20.2.",
  ],
  [
    "DHCP backwards",
    withSite({ dhcp: { from: "10.0.20.90", to: "10.0.20.80" } }),
    "talos-cloud-edge:sites[0].dhcp.from is 10.0.20.90, which comes after talos-cloud-edge:sites[0].dhcp.to (10.0.20.80); write the lower address as from.",
  ],
  [
    "DHCP that begins after its default end",
    withSite({ dhcp: { from: "10.0.20.220" } }),
    "talos-cloud-edge:sites[0].dhcp.from is 10.0.20.220, which comes after talos-cloud-edge:sites[0].dhcp.to (10.0.20.200); write the lower address as from.",
  ],
  [
    "one address twice",
    withSite({ nodes: [node(), node({ name: "n2", mac: "52:54:00:00:02:02" })] }),
    "talos-cloud-edge:sites[0].nodes[1].ip is 10.0.20.10, which is also talos-cloud-edge:sites[0].nodes[0].ip; write an address of its own.",
  ],
  [
    "one MAC address twice",
    withSite({ nodes: [node(), node({ name: "n2", ip: "10.0.20.11" })] }),
    "talos-cloud-edge:sites[0].nodes[1].mac is 52:54:00:00:02:01, which is also talos-cloud-edge:sites[0].nodes[0].mac; write a MAC address of its own, for example with another last pair.",
  ],
  [
    "one UUID twice",
    withSite({
      nodes: [
        node({ uuid: "0b7c2c5e-6f0e-4c38-9d5b-3f1f6c1f7a01" }),
        node({ name: "n2", mac: "52:54:00:00:02:02", ip: "10.0.20.11", uuid: "0B7C2C5E-6F0E-4C38-9D5B-3F1F6C1F7A01" }),
      ],
    }),
    "talos-cloud-edge:sites[0].nodes[1].uuid is 0b7c2c5e-6f0e-4c38-9d5b-3f1f6c1f7a01, which is also talos-cloud-edge:sites[0].nodes[0].uuid; leave it out, and one is drawn.",
  ],
  [
    "a multicast MAC address",
    withNode({ mac: "01:00:5e:00:00:01" }),
    "talos-cloud-edge:sites[0].nodes[0].mac is 01:00:5e:00:00:01, which is a multicast address (its first pair is odd); write one that begins with an even pair, for example 52:54:00:00:02:01.",
  ],
  [
    "one bridge for two sites of a host",
    {
      cloud: {},
      sites: [
        site({ bridge: "lan" }),
        site({
          name: "two",
          bridge: "lan",
          cidr: "10.0.21.0/24",
          nodes: [node({ name: "n2", mac: "52:54:00:00:02:02", ip: "10.0.21.10" })],
        }),
      ],
    },
    "talos-cloud-edge:sites[1].bridge is lan on the host local, as is talos-cloud-edge:sites[0].bridge; write another bridge, or another host.",
  ],
  [
    "a default bridge name too long",
    withSite({ name: "warehouse" }),
    "talos-cloud-edge:sites[0].bridge is not set, and its default setup02-warehouse is longer than the 15 characters of an interface name; write for example bridge: setup02-warehou.",
  ],
  [
    "one site name twice",
    {
      cloud: {},
      sites: [
        site(),
        site({
          host: "root@kvm2",
          cidr: "10.0.21.0/24",
          nodes: [node({ name: "n2", mac: "52:54:00:00:02:02", ip: "10.0.21.10" })],
        }),
      ],
    },
    "talos-cloud-edge:sites[1].name is edge, as is talos-cloud-edge:sites[0].name; write a name of its own.",
  ],
  [
    "one node name twice",
    withSite({ nodes: [node(), node({ mac: "52:54:00:00:02:02", ip: "10.0.20.11" })] }),
    "talos-cloud-edge:sites[0].nodes[1].name is talos-edge-1, which is also the name of talos-cloud-edge:sites[0].nodes[0]; write a name of its own, for example talos-edge-1-edge.",
  ],
  [
    "a cloud node's name at the edge",
    withNode({ name: "setup02-cluster-worker-1" }),
    "talos-cloud-edge:sites[0].nodes[0].name is setup02-cluster-worker-1, which is the name of a cloud node; write a name of its own, for example setup02-cluster-worker-1-edge.",
  ],
];
