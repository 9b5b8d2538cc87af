import type { BadStack } from "./badConfig";

/** Names of GCP and of the Image Factory, nearly right. */
export const spellings: BadStack[] = [
  [
    "a region's word misspelt",
    "dev",
    { "talos-cloud-edge:cloud.region": "europe-wst3" },
    "talos-cloud-edge:cloud.region is europe-wst3, which is no GCP region; did you mean europe-west3?",
  ],
  [
    "a region's place misspelt",
    "dev",
    { "talos-cloud-edge:cloud.region": "eruope-west3" },
    "talos-cloud-edge:cloud.region is eruope-west3, which is no GCP region; did you mean europe-west3?",
  ],
  [
    "a region's place cut short",
    "lab",
    { "talos-cloud-edge:cloud.region": "eu-west3" },
    "talos-cloud-edge:cloud.region is eu-west3, which is no GCP region; did you mean europe-west3?",
  ],
  [
    "a region as another cloud writes it",
    "dev",
    { "talos-cloud-edge:cloud.region": "us-east-4" },
    'talos-cloud-edge:cloud.region is "us-east-4", but must be a GCP region (not a zone); did you mean us-east4?',
  ],
  [
    "a region that is no name",
    "dev",
    { "talos-cloud-edge:cloud.region": "Frankfurt" },
    'talos-cloud-edge:cloud.region is "Frankfurt", but must be a GCP region (not a zone); write for example europe-west3.',
  ],
  [
    "a region with a blank",
    "dev",
    { "talos-cloud-edge:cloud.region": "europe-west3 " },
    'talos-cloud-edge:cloud.region is "europe-west3 ", but must be a GCP region (not a zone); did you mean europe-west3?',
  ],
  [
    "a region misspelt beside zones",
    "dev",
    { "talos-cloud-edge:cloud.region": "europe-wets3", "talos-cloud-edge:cloud.zones": ["europe-west3-a"] },
    "talos-cloud-edge:cloud.region is europe-wets3, which is no GCP region; did you mean europe-west3?",
  ],
  [
    "a zone in capitals",
    "dev",
    { "talos-cloud-edge:cloud.zones": ["europe-west3-A"] },
    'talos-cloud-edge:cloud.zones[0] is "europe-west3-A", which is no zone of the region europe-west3; write for example europe-west3-b.',
  ],
  [
    "a zone that is null",
    "dev",
    { "talos-cloud-edge:cloud.zones": [null] },
    "talos-cloud-edge:cloud.zones[0] is empty, but must be text.",
  ],
  [
    "a machine type of another cloud",
    "dev",
    { "talos-cloud-edge:cloud.workers": { machineType: "t3.large" } },
    'talos-cloud-edge:cloud.workers.machineType is "t3.large", but must be a GCE machine type; write for example e2-standard-8.',
  ],
  [
    "a machine type without its hyphen",
    "dev",
    { "talos-cloud-edge:cloud.workers": { machineType: "e2-standard4" } },
    'talos-cloud-edge:cloud.workers.machineType is "e2-standard4", but must be a GCE machine type; did you mean e2-standard-4?',
  ],
  [
    "a machine type with underscores",
    "lab",
    { "talos-cloud-edge:cloud.controlPlanes": { machineType: "e2_standard_4" } },
    'talos-cloud-edge:cloud.controlPlanes.machineType is "e2_standard_4", but must be a GCE machine type; did you mean e2-standard-4?',
  ],
  [
    "a machine type in capitals",
    "dev",
    { "talos-cloud-edge:cloud.workers": { machineType: "E2-Standard-8" } },
    'talos-cloud-edge:cloud.workers.machineType is "E2-Standard-8", but must be a GCE machine type; did you mean e2-standard-8?',
  ],
  [
    "a machine type's word misspelt",
    "dev",
    { "talos-cloud-edge:cloud.workers": { machineType: "e2-standrad-8" } },
    "talos-cloud-edge:cloud.workers.machineType is e2-standrad-8, which is no GCE machine type; did you mean e2-standard-8?",
  ],
  [
    "a machine type without a size",
    "dev",
    { "talos-cloud-edge:cloud.workers": { machineType: "n2-standard" } },
    'talos-cloud-edge:cloud.workers.machineType is "n2-standard", but must be a GCE machine type; write for example e2-standard-8.',
  ],
  [
    "a machine type that is a number",
    "dev",
    { "talos-cloud-edge:cloud.workers": { machineType: 4 } },
    "talos-cloud-edge:cloud.workers.machineType is 4, but must be a GCE machine type; write for example e2-standard-8.",
  ],
  [
    "an ARM machine type on amd64",
    "lab",
    { "talos-cloud-edge:cloud.workers": { machineType: "c4a-standard-4" } },
    "talos-cloud-edge:cloud.workers.machineType is c4a-standard-4, which is arm64, but talos-cloud-edge:cloud.architecture is amd64; write architecture: arm64, or a machine type such as e2-standard-4.",
  ],
  [
    "an extension misspelt",
    "dev",
    { "talos-cloud-edge:images": { cloud: { extensions: ["siderolabs/tailscal"] } } },
    'talos-cloud-edge:images.cloud.extensions[0] is "siderolabs/tailscal", which is no extension; did you mean siderolabs/tailscale?',
  ],
  [
    "the only extension without its owner",
    "edge",
    { "talos-cloud-edge:images": { edge: { extensions: ["tailscale"] } } },
    'talos-cloud-edge:images.edge.extensions[0] is "tailscale", but an extension\'s name has its owner in front; did you mean siderolabs/tailscale?',
  ],
  [
    "an extension in capitals",
    "lab",
    { "talos-cloud-edge:images": { edge: { extensions: ["Siderolabs/Tailscale"] } } },
    'talos-cloud-edge:images.edge.extensions[0] is "Siderolabs/Tailscale", but an extension\'s name has its owner in front; did you mean siderolabs/tailscale?',
  ],
  [
    "an extension that is empty",
    "dev",
    { "talos-cloud-edge:images": { edge: { extensions: ["siderolabs/tailscale", ""] } } },
    'talos-cloud-edge:images.edge.extensions[1] is "", but an extension\'s name has its owner in front; did you mean siderolabs/tailscale?',
  ],
  [
    "a kernel argument beyond ASCII",
    "dev",
    { "talos-cloud-edge:images": { edge: { extraKernelArgs: ["console=ttyS0", "name=café"] } } },
    'talos-cloud-edge:images.edge.extraKernelArgs[1] is "name=café" (with the character U+00E9 in it), but must be plain ASCII text on one line without spaces at its ends; write it so, or leave it out.',
  ],
  [
    "a kernel argument of two lines",
    "lab",
    { "talos-cloud-edge:images": { cloud: { extraKernelArgs: ["a\nb"] } } },
    'talos-cloud-edge:images.cloud.extraKernelArgs[0] is "a\\nb" (with the character U+000A in it), but must be plain ASCII text on one line without spaces at its ends; write it so, or leave it out.',
  ],
  [
    "an overlay with a blank name",
    "edge",
    { "talos-cloud-edge:images": { edge: { overlay: { image: "siderolabs/sbc-raspberrypi", name: " " } } } },
    'talos-cloud-edge:images.edge.overlay.name is " ", but must be plain ASCII text on one line without spaces at its ends; write it so, or leave it out.',
  ],
];
