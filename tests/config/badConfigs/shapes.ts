import { withCloud, withNode, withSite } from "../samples";
import type { BadConfig } from "./badConfig";

export const shapes: BadConfig[] = [
  [
    "a section that is text",
    { cloud: "europe-west3" },
    'talos-cloud-edge:cloud is "europe-west3", but must be a group of fields; write for example { region: europe-west3 }.',
  ],
  [
    "a section left empty",
    { cloud: null },
    "talos-cloud-edge:cloud is empty, but must be a group of fields; write for example { region: europe-west3 }.",
  ],
  ["a misspelt section", { clowd: {} }, "talos-cloud-edge:clowd is not a known field; did you mean cloud?"],
  [
    "a field one level too high",
    { region: "europe-west3" },
    "talos-cloud-edge:region is not a known field; did you mean talos-cloud-edge:cloud.region?",
  ],
  [
    "a section that nothing resembles",
    { monitoring: {} },
    "talos-cloud-edge:monitoring is not a known field; write cluster, images, cloud, cloudStack, tailnet, sites, patches, checks or secretsYaml.",
  ],
  [
    "a misspelt field",
    withCloud({ regoin: "europe-west3" }),
    "talos-cloud-edge:cloud.regoin is not a known field; did you mean region?",
  ],
  [
    "a field begun but not ended",
    withNode({ memory: 4096 }),
    "talos-cloud-edge:sites[0].nodes[0].memory is not a known field; did you mean memoryMb?",
  ],
  [
    "a field of another group",
    withCloud({ diskGb: 50 }),
    "talos-cloud-edge:cloud.diskGb is not a known field; did you mean talos-cloud-edge:cloud.controlPlanes.diskGb?",
  ],
  [
    "a field of the other kind of pool",
    withSite({ pool: { kind: "lvm", volumeGroup: "vg", path: "/x" } }),
    "talos-cloud-edge:sites[0].pool.path is not a known field; write kind, volumeGroup or devices.",
  ],
  [
    "a misspelt field deep down",
    withNode({ macc: "52:54:00:00:02:01" }),
    "talos-cloud-edge:sites[0].nodes[0].macc is not a known field; did you mean mac?",
  ],
  [
    "sites that are a group",
    { cloud: {}, sites: {} },
    "talos-cloud-edge:sites is {}, but must be a list of sites; write for example [ { name: edge, nodes: [ { name: talos-edge-1, mac: 52:54:00:00:02:01, ip: 10.0.20.10 } ] } ].",
  ],
  [
    "a site that is a number",
    { cloud: {}, sites: [5] },
    "talos-cloud-edge:sites[0] is 5, but must be a group of fields; write for example { name: edge, nodes: [ { name: talos-edge-1, mac: 52:54:00:00:02:01, ip: 10.0.20.10 } ] }.",
  ],
  [
    "a site without a name",
    withSite({ name: undefined }),
    "talos-cloud-edge:sites[0].name is missing; write a name of at most 24 lower-case letters, digits and hyphens, beginning with a letter and not ending in a hyphen, for example edge.",
  ],
  [
    "a site without nodes",
    withSite({ nodes: undefined }),
    "talos-cloud-edge:sites[0].nodes is missing; write a list of at least one node, for example [ { name: talos-edge-1, mac: 52:54:00:00:02:01, ip: 10.0.20.10 } ].",
  ],
  [
    "a site with no node in its list",
    withSite({ nodes: [] }),
    "talos-cloud-edge:sites[0].nodes is [], but must be a list of at least one node; write for example [ { name: talos-edge-1, mac: 52:54:00:00:02:01, ip: 10.0.20.10 } ].",
  ],
  [
    "a node without an address",
    withNode({ ip: undefined }),
    "talos-cloud-edge:sites[0].nodes[0].ip is missing; write an IPv4 address, for example 10.0.20.10.",
  ],
  [
    "a node without a MAC address",
    withNode({ mac: undefined }),
    "talos-cloud-edge:sites[0].nodes[0].mac is missing; write a MAC address in lower case with colons, for example 52:54:00:00:02:01.",
  ],
  [
    "a label that is a number",
    withNode({ labels: { rack: 7 } }),
    'talos-cloud-edge:sites[0].nodes[0].labels.rack is 7, but must be text; did you mean "7" (with quotes)?',
  ],
  [
    "labels that are a list",
    withNode({ labels: ["rack"] }),
    'talos-cloud-edge:sites[0].nodes[0].labels is ["rack"], but must be a group of names with a text each; write for example { rack: r1 }.',
  ],
  [
    "a label whose key has dots",
    withNode({ labels: { "example.com/rack": true } }),
    'talos-cloud-edge:sites[0].nodes[0].labels["example.com/rack"] is true, but must be text; did you mean "true" (with quotes)?',
  ],
  [
    "zones that are one text",
    withCloud({ zones: "europe-west3-a" }),
    'talos-cloud-edge:cloud.zones is "europe-west3-a", but must be a list; write for example [ europe-west3-a, europe-west3-b ].',
  ],
  [
    "a pool that is text",
    withSite({ pool: "lvm" }),
    'talos-cloud-edge:sites[0].pool is "lvm", but must be a group of fields; write for example { kind: directory }.',
  ],
  [
    "an overlay that is text",
    { cloud: {}, images: { edge: { overlay: "rpi" } } },
    'talos-cloud-edge:images.edge.overlay is "rpi", but must be a group of fields; write for example { image: siderolabs/sbc-raspberrypi, name: rpi_generic }.',
  ],
];
