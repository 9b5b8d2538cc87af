import { site, withCloud, withCluster } from "../samples";
import type { BadConfig } from "./badConfig";

export const cloud: BadConfig[] = [
  [
    "neither cloud nor cloudStack",
    {},
    "talos-cloud-edge:cloud and talos-cloud-edge:cloudStack are both missing; write cloud: {} to make the cloud part with its defaults, or cloudStack: dev to add sites to the stack that holds it.",
  ],
  [
    "cloud and cloudStack",
    { cloud: {}, cloudStack: "dev", sites: [site()] },
    "talos-cloud-edge:cloud and talos-cloud-edge:cloudStack are both set; keep cloud in the stack that makes the cloud part, and cloudStack in a stack that only adds sites to it.",
  ],
  [
    "an edge stack without sites",
    { cloudStack: "dev" },
    "talos-cloud-edge:sites is empty, but a stack with cloudStack exists for its sites; write at least one, for example the one in Pulumi.edge.yaml.",
  ],
  [
    "Talos of another minor version",
    withCluster({ talosVersion: "v1.13.0" }),
    "talos-cloud-edge:cluster.talosVersion is v1.13.0, but the machine configs written here are those of Talos v1.12; write a release of it, for example v1.12.4.",
  ],
  [
    "Kubernetes too old",
    withCluster({ kubernetesVersion: "1.29.4" }),
    "talos-cloud-edge:cluster.kubernetesVersion is 1.29.4, but Talos v1.12 runs Kubernetes 1.30 to 1.35; write for example 1.35.0.",
  ],
  [
    "Kubernetes too new",
    withCluster({ kubernetesVersion: "1.36.0" }),
    "talos-cloud-edge:cluster.kubernetesVersion is 1.36.0, but Talos v1.12 runs Kubernetes 1.30 to 1.35; write for example 1.35.0.",
  ],
  [
    "an image without Tailscale",
    { cloud: {}, images: { edge: { extensions: ["siderolabs/qemu-guest-agent"] } } },
    'talos-cloud-edge:images.edge.extensions lacks siderolabs/tailscale, without which a node can\'t join the tailnet; write extensions: ["siderolabs/qemu-guest-agent","siderolabs/tailscale"].',
  ],
  [
    "an extension without its owner",
    { cloud: {}, images: { cloud: { extensions: ["siderolabs/tailscale", "gvisor"] } } },
    'talos-cloud-edge:images.cloud.extensions[1] is "gvisor", but an extension\'s name has its owner in front; did you mean siderolabs/gvisor?',
  ],
  [
    "two control planes",
    withCloud({ controlPlanes: { count: 2 } }),
    "talos-cloud-edge:cloud.controlPlanes.count is 2, but must be 1, 3 or 5: etcd needs a majority, so 2 members survive no more failures than 1 would; write 3.",
  ],
  [
    "a raised generation of several control planes",
    withCloud({ controlPlanes: { count: 3, generation: 2 } }),
    "talos-cloud-edge:cloud.controlPlanes.generation is 2, which would replace all 3 control planes at once and lose the cluster's data; write 1.",
  ],
  [
    "four control planes",
    withCloud({ controlPlanes: { count: 4 } }),
    "talos-cloud-edge:cloud.controlPlanes.count is 4, but must be 1, 3 or 5: etcd needs a majority, so 4 members survive no more failures than 3 would; write 5.",
  ],
  [
    "seven control planes",
    withCloud({ controlPlanes: { count: 7 } }),
    "talos-cloud-edge:cloud.controlPlanes.count is 7, but must be 1, 3 or 5; write for example 1.",
  ],
  [
    "a zone of another region",
    withCloud({ zones: ["europe-west3-a", "europe-west1-b"] }),
    'talos-cloud-edge:cloud.zones[1] is "europe-west1-b", which is no zone of the region europe-west3; write for example europe-west3-b.',
  ],
  [
    "a region without zone a",
    withCloud({ region: "us-east1" }),
    "talos-cloud-edge:cloud.zones is empty, which stands for zones a, b and c, but the region us-east1 has no zone a; write zones: [us-east1-b, us-east1-c, us-east1-d].",
  ],
  [
    "zone a of a region without it",
    withCloud({ region: "europe-west1", zones: ["europe-west1-a"] }),
    "talos-cloud-edge:cloud.zones names europe-west1-a, but the region europe-west1 has no zone a; write zones: [europe-west1-b, europe-west1-c, europe-west1-d].",
  ],
  [
    "an ARM machine type",
    withCloud({ workers: { machineType: "t2a-standard-4" } }),
    "talos-cloud-edge:cloud.workers.machineType is t2a-standard-4, which is arm64, but talos-cloud-edge:cloud.architecture is amd64; write architecture: arm64, or a machine type such as e2-standard-4.",
  ],
  [
    "a GCE label in capitals",
    withCloud({ workers: { labels: { Team: "Platform" } } }),
    'talos-cloud-edge:cloud.workers.labels has "Team: Platform", but GCE labels are lower-case letters, digits, _ and -, at most 63, and keys begin with a letter; write for example team: platform.',
  ],
  [
    "operators everywhere",
    withCloud({ operatorCidrs: ["0.0.0.0/0"] }),
    "talos-cloud-edge:cloud.operatorCidrs[0] is 0.0.0.0/0, which opens the Talos and Kubernetes APIs to the whole Internet; write your own address, for example 203.0.113.7/32, or leave operatorCidrs empty and come in over the tailnet.",
  ],
  [
    "a key that expires too soon",
    { cloud: {}, tailnet: { keyExpiryMinutes: 10 } },
    "talos-cloud-edge:tailnet.keyExpiryMinutes is 10, so a key may expire while its node still has time to join (joinTimeoutMinutes is 15); write keyExpiryMinutes: 15 or more.",
  ],
  [
    "a policy without admins",
    { cloud: {}, tailnet: { managePolicy: true, admins: [] } },
    'talos-cloud-edge:tailnet.admins is empty, so with managePolicy nobody could reach the cluster\'s APIs; write for example admins: ["autogroup:admin"].',
  ],
];
