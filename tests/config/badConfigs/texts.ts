import { site, withCloud, withCluster, withNode, withSite } from "../samples";
import type { BadConfig } from "./badConfig";

export const texts: BadConfig[] = [
  [
    "a cluster name in capitals",
    withCluster({ name: "Setup_02" }),
    'talos-cloud-edge:cluster.name is "Setup_02", but must be a name of at most 24 lower-case letters, digits and hyphens, beginning with a letter and not ending in a hyphen; did you mean setup-02?',
  ],
  [
    "a cluster name too long",
    withCluster({ name: "a-cluster-with-a-very-long-name" }),
    'talos-cloud-edge:cluster.name is "a-cluster-with-a-very-long-name", but must be a name of at most 24 lower-case letters, digits and hyphens, beginning with a letter and not ending in a hyphen; write for example setup02.',
  ],
  [
    "a node name over 63 characters",
    withNode({ name: "n".repeat(64) }),
    'talos-cloud-edge:sites[0].nodes[0].name is "nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn...", but must be a name of at most 63 lower-case letters, digits and hyphens, beginning with a letter and not ending in a hyphen; write for example talos-edge-1.',
  ],
  [
    "a site name that begins with a digit",
    withSite({ name: "2nd" }),
    'talos-cloud-edge:sites[0].name is "2nd", but must be a name of at most 24 lower-case letters, digits and hyphens, beginning with a letter and not ending in a hyphen; write for example edge.',
  ],
  [
    "a bridge name of 16 characters",
    withSite({ bridge: "setup02-edge-lan" }),
    'talos-cloud-edge:sites[0].bridge is "setup02-edge-lan", but must be a name of at most 15 lower-case letters, digits and hyphens, beginning with a letter and not ending in a hyphen; write for example setup02-edge.',
  ],
  [
    "a Talos version as a number",
    withCluster({ talosVersion: 1.12 }),
    "talos-cloud-edge:cluster.talosVersion is 1.12, but must be a Talos version with its `v`; write for example v1.12.4.",
  ],
  [
    "a Talos version without v",
    withCluster({ talosVersion: "1.12.4" }),
    'talos-cloud-edge:cluster.talosVersion is "1.12.4", but must be a Talos version with its `v`; did you mean v1.12.4?',
  ],
  [
    "a Kubernetes version with v",
    withCluster({ kubernetesVersion: "v1.35.0" }),
    'talos-cloud-edge:cluster.kubernetesVersion is "v1.35.0", but must be a Kubernetes version without `v`; did you mean 1.35.0?',
  ],
  [
    "a zone for a region",
    withCloud({ region: "europe-west3-a" }),
    'talos-cloud-edge:cloud.region is "europe-west3-a", but must be a GCP region (not a zone); did you mean europe-west3?',
  ],
  [
    "a host without a user",
    withSite({ host: "kvm2.example.com" }),
    'talos-cloud-edge:sites[0].host is "kvm2.example.com", but must be `local` or `user@host`; did you mean root@kvm2.example.com?',
  ],
  [
    "a host that would be an option of ssh",
    withSite({ host: "-oProxyCommand=x" }),
    'talos-cloud-edge:sites[0].host is "-oProxyCommand=x", but must be `local` or `user@host`; write for example root@kvm.example.com.',
  ],
  [
    "a tag without its prefix",
    { cloud: {}, tailnet: { tags: { edge: "k8s-edge" } } },
    'talos-cloud-edge:tailnet.tags.edge is "k8s-edge", but must be a tailnet tag, which is `tag:` and then letters, digits and hyphens; did you mean tag:k8s-edge?',
  ],
  [
    "a Factory without TLS",
    { cloud: {}, images: { factoryUrl: "http://factory.example.com" } },
    'talos-cloud-edge:images.factoryUrl is "http://factory.example.com", but must be an https URL; write for example https://factory.talos.dev.',
  ],
  [
    "a schematic id too short",
    { cloud: {}, images: { edge: { schematicId: "7d4c31cb" } } },
    'talos-cloud-edge:images.edge.schematicId is "7d4c31cb", but must be a schematic id of 64 lower-case hex digits; write for example 4a0d65c669d46663f377e7161e50cfd570c401f26fd9e7bda34a0216b6f1922b.',
  ],
  [
    "an install disk without its path",
    withNode({ installDisk: "vda" }),
    'talos-cloud-edge:sites[0].nodes[0].installDisk is "vda", but must be the path of a block device; did you mean /dev/vda?',
  ],
  [
    "a UUID that is none",
    withNode({ uuid: "1234" }),
    'talos-cloud-edge:sites[0].nodes[0].uuid is "1234", but must be a UUID; write for example 0b7c2c5e-6f0e-4c38-9d5b-3f1f6c1f7a01.',
  ],
  [
    "a cloud stack of two parts",
    { cloudStack: "project/dev", sites: [site()] },
    'talos-cloud-edge:cloudStack is "project/dev", but must be the name of a stack, alone or as organization/project/stack; write for example dev.',
  ],
  [
    "an egress host that is a URL",
    { cloud: {}, checks: { egressHost: "https://example.com" } },
    'talos-cloud-edge:checks.egressHost is "https://example.com", but must be a full domain name in lower case; did you mean example.com?',
  ],
  [
    "a long value",
    withSite({ host: "x ".repeat(60) }),
    'talos-cloud-edge:sites[0].host is "x x x x x x x x x x x x x x x x x x x x x x x x x x x x...", but must be `local` or `user@host`; write for example root@kvm.example.com.',
  ],
];
