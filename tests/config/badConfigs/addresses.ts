import { node, site, withCloud, withCluster, withSite } from "../samples";
import type { BadConfig } from "./badConfig";

export const addresses: BadConfig[] = [
  [
    "host bits in a site",
    withSite({ cidr: "10.0.20.7/24" }),
    "talos-cloud-edge:sites[0].cidr is 10.0.20.7/24, which is an address inside a range; did you mean 10.0.20.0/24?",
  ],
  [
    "host bits in the VPC",
    withCloud({ networkCidr: "10.1.0.1/24" }),
    "talos-cloud-edge:cloud.networkCidr is 10.1.0.1/24, which is an address inside a range; did you mean 10.1.0.0/24?",
  ],
  [
    "host bits in an operator's range",
    withCloud({ operatorCidrs: ["203.0.113.7/24"] }),
    "talos-cloud-edge:cloud.operatorCidrs[0] is 203.0.113.7/24, which is an address inside a range; did you mean 203.0.113.0/24?",
  ],
  [
    "a site in the tailnet",
    withSite({ cidr: "100.64.1.0/24", nodes: [node({ ip: "100.64.1.10" })] }),
    "talos-cloud-edge:sites[0].cidr is 100.64.1.0/24, which overlaps 100.64.0.0/10, the tailnet's own addresses; write a private range, for example 10.0.20.0/24.",
  ],
  [
    "a VPC in the tailnet",
    withCloud({ networkCidr: "100.100.0.0/24" }),
    "talos-cloud-edge:cloud.networkCidr is 100.100.0.0/24, which overlaps 100.64.0.0/10, the tailnet's own addresses; write a private range, for example 10.0.20.0/24.",
  ],
  [
    "pods around the tailnet",
    withCluster({ podCidr: "100.0.0.0/8" }),
    "talos-cloud-edge:cluster.podCidr is 100.0.0.0/8, which overlaps 100.64.0.0/10, the tailnet's own addresses; write a private range, for example 10.16.0.0/12.",
  ],
  [
    "services in the tailnet",
    withCluster({ serviceCidr: "100.96.0.0/12" }),
    "talos-cloud-edge:cluster.serviceCidr is 100.96.0.0/12, which overlaps 100.64.0.0/10, the tailnet's own addresses; write a private range, for example 10.16.0.0/12.",
  ],
  [
    "a site of link-local addresses",
    withSite({ cidr: "169.254.20.0/24", nodes: [node({ ip: "169.254.20.10" })] }),
    "talos-cloud-edge:sites[0].cidr is 169.254.20.0/24, which overlaps 169.254.0.0/16, link-local addresses; write a private range, for example 10.0.20.0/24.",
  ],
  [
    "two sites with one LAN",
    {
      cloud: {},
      sites: [site(), site({ name: "two", nodes: [node({ name: "n2", mac: "52:54:00:00:02:02", ip: "10.0.20.11" })] })],
    },
    "talos-cloud-edge:sites[1].cidr is 10.0.20.0/24, which overlaps talos-cloud-edge:sites[0].cidr (10.0.20.0/24); write a range of its own, for example 10.0.21.0/24.",
  ],
  [
    "a site in the VPC",
    withSite({ cidr: "10.1.0.0/24", nodes: [node({ ip: "10.1.0.10" })] }),
    "talos-cloud-edge:sites[0].cidr is 10.1.0.0/24, which overlaps talos-cloud-edge:cloud.networkCidr (10.1.0.0/24); write a range of its own, for example 10.1.1.0/24.",
  ],
  [
    "a site among the pods",
    withSite({ cidr: "10.244.7.0/24", nodes: [node({ ip: "10.244.7.10" })] }),
    "talos-cloud-edge:sites[0].cidr is 10.244.7.0/24, which overlaps talos-cloud-edge:cluster.podCidr (10.244.0.0/16); write a range of its own, for example 10.245.0.0/24.",
  ],
  [
    "a site among the services",
    withSite({ cidr: "10.96.0.0/24", nodes: [node({ ip: "10.96.0.10" })] }),
    "talos-cloud-edge:sites[0].cidr is 10.96.0.0/24, which overlaps talos-cloud-edge:cluster.serviceCidr (10.96.0.0/12); write a range of its own, for example 10.112.0.0/24.",
  ],
  [
    "services among the pods",
    withCluster({ serviceCidr: "10.244.0.0/20" }),
    "talos-cloud-edge:cluster.serviceCidr is 10.244.0.0/20, which overlaps talos-cloud-edge:cluster.podCidr (10.244.0.0/16); write a range of its own, for example 10.245.0.0/20.",
  ],
  [
    "the VPC among the pods",
    withCloud({ networkCidr: "10.244.0.0/24" }),
    "talos-cloud-edge:cloud.networkCidr is 10.244.0.0/24, which overlaps talos-cloud-edge:cluster.podCidr (10.244.0.0/16); write a range of its own, for example 10.245.0.0/24.",
  ],
  [
    "the VPC among the services",
    withCloud({ networkCidr: "10.100.0.0/24" }),
    "talos-cloud-edge:cloud.networkCidr is 10.100.0.0/24, which overlaps talos-cloud-edge:cluster.serviceCidr (10.96.0.0/12); write a range of its own, for example 10.112.0.0/24.",
  ],
  [
    "a pod range too small for a node",
    withCluster({ podCidr: "10.244.0.0/25" }),
    "talos-cloud-edge:cluster.podCidr is 10.244.0.0/25, but must be a /8 to a /24, as each node takes a /24 of it; write for example 10.244.0.0/16.",
  ],
  [
    "a pod range too small for all nodes",
    withCluster({ podCidr: "10.244.0.0/24" }),
    "talos-cloud-edge:cluster.podCidr is 10.244.0.0/24, which has room for 1 of the 2 nodes (each takes a /24); write for example 10.244.0.0/16.",
  ],
  [
    "a service range too large",
    withCluster({ serviceCidr: "172.0.0.0/8" }),
    "talos-cloud-edge:cluster.serviceCidr is 172.0.0.0/8, but the API server takes no range larger than a /12, and cluster DNS needs a /28 at least; write for example 10.96.0.0/12.",
  ],
  [
    "a VPC too small for its nodes",
    withCloud({ networkCidr: "10.1.0.0/29", workers: { count: 4 } }),
    "talos-cloud-edge:cloud.networkCidr is 10.1.0.0/29, which has 4 addresses for 5 nodes (GCP keeps four of each subnet); write a larger range, for example 10.1.0.0/16.",
  ],
  [
    "a VPC smaller than GCP's smallest",
    withCloud({ networkCidr: "10.1.0.0/30" }),
    "talos-cloud-edge:cloud.networkCidr is 10.1.0.0/30, but a GCP subnet is a /8 to a /29; write for example 10.1.0.0/24.",
  ],
];
