import type { BadStack } from "./badConfig";

const zeros = "0".repeat(64);

/** What shows in a whole stack: of the cloud part with a site, of a further site, of the lab. */
export const stacks: BadStack[] = [
  [
    "a site's range in the VPC, its node elsewhere",
    "dev",
    { "talos-cloud-edge:sites[0].cidr": "10.1.0.0/24" },
    "talos-cloud-edge:sites[0].cidr is 10.1.0.0/24, which overlaps talos-cloud-edge:cloud.networkCidr (10.1.0.0/24); write a range of its own, for example 10.1.1.0/24.",
  ],
  [
    "a site's range in the VPC of its cluster",
    "edge",
    { "talos-cloud-edge:sites[0].cidr": "10.1.0.0/24", "talos-cloud-edge:sites[0].nodes[0].ip": "10.1.0.10" },
    "talos-cloud-edge:sites[0].cidr is 10.1.0.0/24, which overlaps 10.1.0.0/24 of the VPC of the cluster setup02; write a range that nothing else uses.",
  ],
  [
    "a site's range among its cluster's pods and Services",
    "edge",
    { "talos-cloud-edge:sites[0].cidr": "10.0.0.0/8", "talos-cloud-edge:sites[0].nodes[0].ip": "10.0.21.10" },
    "talos-cloud-edge:sites[0].cidr is 10.0.0.0/8, which overlaps 10.1.0.0/24 of the VPC of the cluster setup02; write a range that nothing else uses.",
  ],
  [
    "everything for a site's range",
    "dev",
    { "talos-cloud-edge:sites[0].cidr": "0.0.0.0/0" },
    "talos-cloud-edge:sites[0].cidr is 0.0.0.0/0, which overlaps 100.64.0.0/10, the tailnet's own addresses; write a private range, for example 172.16.0.0/16.",
  ],
  [
    "host bits in a range of the tailnet",
    "lab",
    { "talos-cloud-edge:sites[0].cidr": "100.64.1.7/24" },
    "talos-cloud-edge:sites[0].cidr is 100.64.1.7/24, which overlaps 100.64.0.0/10, the tailnet's own addresses; write a private range, for example 10.0.20.0/24.",
  ],
  [
    "pods around everything else",
    "dev",
    { "talos-cloud-edge:cluster.podCidr": "10.0.0.0/8" },
    "talos-cloud-edge:cluster.podCidr is 10.0.0.0/8, which overlaps talos-cloud-edge:cluster.serviceCidr (10.96.0.0/12); write a range of its own, for example 172.16.0.0/16.",
  ],
  [
    "a range too small, its node elsewhere",
    "edge",
    { "talos-cloud-edge:sites[0].cidr": "10.0.22.0/30" },
    "talos-cloud-edge:sites[0].cidr is 10.0.22.0/30, which is too small for a bridge, DHCP and nodes; write a /29 or larger, for example 10.0.20.0/24.",
  ],
  [
    "a node outside its site",
    "edge",
    { "talos-cloud-edge:sites[0].nodes[0].ip": "10.0.20.10" },
    "talos-cloud-edge:sites[0].nodes[0].ip is 10.0.20.10, which is outside the site's LAN 10.0.21.0/24; write for example 10.0.21.10.",
  ],
  [
    "a node's name that the cluster has",
    "edge",
    { "talos-cloud-edge:sites[0].nodes[0].name": "setup02-cluster-master-1" },
    "talos-cloud-edge:sites[0].nodes[0].name is setup02-cluster-master-1, which a node of the cluster has already; write another name.",
  ],
  [
    "a site's name too long for its cluster's",
    "edge",
    { "talos-cloud-edge:sites[0].name": "warehouse" },
    "talos-cloud-edge:sites[0].bridge is not set, and its default setup02-warehouse is longer than the 15 characters of an interface name; write for example bridge: setup02-warehou.",
  ],
  [
    "a cluster in an edge stack",
    "edge",
    { "talos-cloud-edge:cluster": { name: "setup02" } },
    "talos-cloud-edge:cluster is set beside talos-cloud-edge:cloudStack, which brings the cluster's names, versions and ranges; remove cluster from this stack.",
  ],
  [
    "a policy in an edge stack",
    "edge",
    { "talos-cloud-edge:tailnet": { managePolicy: true } },
    "talos-cloud-edge:tailnet.managePolicy is true beside talos-cloud-edge:cloudStack, but only the stack that holds the cloud part writes the policy file; remove managePolicy from this stack.",
  ],
  [
    "a cloud part in an edge stack",
    "edge",
    { "talos-cloud-edge:cloud": {}, "gcp:project": "my-project-id" },
    "talos-cloud-edge:cloud and talos-cloud-edge:cloudStack are both set; keep cloud in the stack that makes the cloud part, and cloudStack in a stack that only adds sites to it.",
  ],
  [
    "neither cloud part nor another's",
    "edge",
    { "talos-cloud-edge:cloudStack": undefined },
    "talos-cloud-edge:cloud and talos-cloud-edge:cloudStack are both missing; write cloud: {} to make the cloud part with its defaults, or cloudStack: dev to add sites to the stack that holds it.",
  ],
  [
    "an edge stack without sites",
    "edge",
    { "talos-cloud-edge:sites": undefined },
    "talos-cloud-edge:sites is empty, but a stack with cloudStack exists for its sites; write at least one, for example the one in Pulumi.edge.yaml.",
  ],
  [
    "an edge stack with a null for its sites",
    "edge",
    { "talos-cloud-edge:sites": null },
    "talos-cloud-edge:sites is empty, but must be a list of sites; write for example [ { name: edge, nodes: [ { name: talos-edge-1, mac: 52:54:00:00:02:01, ip: 10.0.20.10 } ] } ].",
  ],
  [
    "a cloud stack that is a group",
    "edge",
    { "talos-cloud-edge:cloudStack": { name: "dev" } },
    'talos-cloud-edge:cloudStack is "{\\"name\\":\\"dev\\"}", but must be the name of a stack, alone or as organization/project/stack; write for example dev.',
  ],
  [
    "a cloud stack that is empty",
    "edge",
    { "talos-cloud-edge:cloudStack": null },
    'talos-cloud-edge:cloudStack is "", but must be the name of a stack, alone or as organization/project/stack; write for example dev.',
  ],
  [
    "a cloud stack with a space",
    "edge",
    { "talos-cloud-edge:cloudStack": "my stack" },
    'talos-cloud-edge:cloudStack is "my stack", but must be the name of a stack, alone or as organization/project/stack; write for example dev.',
  ],
  [
    "a label of Kubernetes's own",
    "dev",
    { "talos-cloud-edge:sites[0].nodes[0].labels": { "node-role.kubernetes.io/edge": "x" } },
    "talos-cloud-edge:sites[0].nodes[0].labels: the label node-role.kubernetes.io/edge is one that a worker may not give itself; write it under a prefix of your own.",
  ],
  [
    "a label of Kubernetes's own in an edge stack",
    "edge",
    { "talos-cloud-edge:sites[0].nodes[0].labels": { "k8s.io/rack": "r1" } },
    "talos-cloud-edge:sites[0].nodes[0].labels: the label k8s.io/rack is one that a worker may not give itself; write it under a prefix of your own.",
  ],
  [
    "a schematic id of other extensions",
    "lab",
    { "talos-cloud-edge:images": { edge: { schematicId: zeros } } },
    "talos-cloud-edge:images.edge.schematicId is " +
      zeros +
      ", but what stands beside it (siderolabs/qemu-guest-agent and siderolabs/tailscale) has the id 7d4c31cbd96db9f90c874990697c523482b2bae27fb4631d5583dcd9c281b1ff; write that id, or leave schematicId out.",
  ],
  [
    "more control planes than the VPC holds",
    "dev",
    { "talos-cloud-edge:cloud.networkCidr": "10.1.0.0/29", "talos-cloud-edge:cloud.controlPlanes": { count: 3 } },
    "talos-cloud-edge:cloud.workers.count is 1, but 10.1.0.0/29 has addresses for 0 of them (numbers 2 to 9 are control planes, those from 10 on workers); write a larger cloud.networkCidr.",
  ],
  [
    "more workers than the VPC holds",
    "lab",
    { "talos-cloud-edge:cloud.networkCidr": "10.1.0.0/28", "talos-cloud-edge:cloud.workers": { count: 8 } },
    "talos-cloud-edge:cloud.workers.count is 8, but 10.1.0.0/28 has addresses for 4 of them (numbers 2 to 9 are control planes, those from 10 on workers); write a larger cloud.networkCidr.",
  ],
  [
    "one bridge for two users of one host",
    "edge",
    {
      "talos-cloud-edge:sites[0].bridge": "lan",
      "talos-cloud-edge:sites[1]": {
        name: "site3",
        bridge: "lan",
        cidr: "10.0.23.0/24",
        host: "admin@KVM2.example.com",
        nodes: [{ name: "n3", mac: "52:54:00:00:04:01", ip: "10.0.23.10" }],
      },
    },
    "talos-cloud-edge:sites[1].bridge is lan on the host kvm2.example.com, as is talos-cloud-edge:sites[0].bridge; write another bridge, or another host.",
  ],
  [
    "secrets in an edge stack",
    "edge",
    { "talos-cloud-edge:secretsYaml": "cluster: {id: a}\nsecrets: {a: b}\ntrustdinfo: {token: c}\ncerts: {a: b}\n" },
    "talos-cloud-edge:secretsYaml is set beside talos-cloud-edge:cloudStack, which brings the cluster's secrets; remove secretsYaml from this stack.",
  ],
];
