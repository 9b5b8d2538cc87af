import { site, withCloud, withNode } from "../samples";
import type { BadConfig } from "./badConfig";

const secrets = "cluster: {id: a}\nsecrets: {bootstraptoken: b}\ntrustdinfo: {token: c}\ncerts: {}\n";

export const contents: BadConfig[] = [
  [
    "a patch that is a group",
    { cloud: {}, patches: { all: [{ machine: { token: "hunter2" } }] } },
    "talos-cloud-edge:patches.all[0] must be the text of a patch, in a block after `|`.",
  ],
  [
    "secrets that are a group",
    { cloud: {}, secretsYaml: { cluster: "hunter2" } },
    "talos-cloud-edge:secretsYaml lacks cluster, secrets, trustdinfo, certs at its top level; write the whole file that `talosctl gen secrets` made, with sops -d secrets.yaml | pulumi config set --secret talos-cloud-edge:secretsYaml.",
  ],
  [
    "a patch that is no YAML",
    { cloud: {}, patches: { all: ["machine:\n  token: [hunter2"] } },
    "talos-cloud-edge:patches.all[0] is not YAML (line 2 of the patch); write a strategic merge patch, for example \"machine: {sysctls: {vm.swappiness: '0'}}\".",
  ],
  [
    "a patch without content",
    withCloud({ workers: { patches: ["# later"] } }),
    "talos-cloud-edge:cloud.workers.patches[0] is empty; write a strategic merge patch, for example \"machine: {sysctls: {vm.swappiness: '0'}}\".",
  ],
  [
    "a JSON patch",
    withNode({ patches: ["- op: add\n  path: /machine/token\n  value: hunter2"] }),
    "talos-cloud-edge:sites[0].nodes[0].patches[0] is a list (a JSON patch), which Talos does not take for its newer documents; write a strategic merge patch, for example \"machine: {sysctls: {vm.swappiness: '0'}}\".",
  ],
  [
    "a patch that is a word",
    withNode({ patches: ["hunter2"] }),
    "talos-cloud-edge:sites[0].nodes[0].patches[0] is YAML, but not a group of fields; write a strategic merge patch, for example \"machine: {sysctls: {vm.swappiness: '0'}}\".",
  ],
  [
    "a taint without an effect",
    withNode({ taints: { dedicated: "edge" } }),
    'talos-cloud-edge:sites[0].nodes[0].taints.dedicated is "edge", but must be value:Effect with the effect NoSchedule, PreferNoSchedule or NoExecute; write for example edge:NoSchedule.',
  ],
  [
    "a taint of another effect",
    withNode({ taints: { dedicated: "edge:Never" } }),
    'talos-cloud-edge:sites[0].nodes[0].taints.dedicated is "edge:Never", but must be value:Effect with the effect NoSchedule, PreferNoSchedule or NoExecute; write for example edge:NoSchedule.',
  ],
  [
    "a taint whose key is none",
    withNode({ taints: { "a b": "edge:NoSchedule" } }),
    'talos-cloud-edge:sites[0].nodes[0].taints["a b"] has a key that Kubernetes does not take; write for example dedicated: edge:NoSchedule.',
  ],
  [
    "a label value with a space",
    withNode({ labels: { place: "cold store" } }),
    'talos-cloud-edge:sites[0].nodes[0].labels.place is "cold store", but must be at most 63 letters, digits, -, _ and ., with a letter or digit at both ends; write for example r1.',
  ],
  [
    "a label key with a space",
    withNode({ labels: { "cold store": "1" } }),
    'talos-cloud-edge:sites[0].nodes[0].labels["cold store"] has a key that Kubernetes does not take; write for example rack: r1.',
  ],
  [
    "encrypted secrets",
    { cloud: {}, secretsYaml: `${secrets}sops:\n  mac: hunter2\n` },
    "talos-cloud-edge:secretsYaml is still encrypted by SOPS; decrypt it on the way in with sops -d secrets.yaml | pulumi config set --secret talos-cloud-edge:secretsYaml.",
  ],
  [
    "secrets that are no YAML",
    { cloud: {}, secretsYaml: "cluster: [hunter2" },
    "talos-cloud-edge:secretsYaml is not YAML (line 1); write it with sops -d secrets.yaml | pulumi config set --secret talos-cloud-edge:secretsYaml.",
  ],
  [
    "secrets that are a word",
    { cloud: {}, secretsYaml: "hunter2" },
    "talos-cloud-edge:secretsYaml is not the text of a secrets.yaml; write it with sops -d secrets.yaml | pulumi config set --secret talos-cloud-edge:secretsYaml.",
  ],
  [
    "secrets without certs",
    { cloud: {}, secretsYaml: "cluster: {id: hunter2}\nsecrets: {}\ntrustdinfo: {}" },
    "talos-cloud-edge:secretsYaml lacks certs at its top level; write the whole file that `talosctl gen secrets` made, with sops -d secrets.yaml | pulumi config set --secret talos-cloud-edge:secretsYaml.",
  ],
  [
    "secrets in an edge stack",
    { cloudStack: "dev", sites: [site()], secretsYaml: secrets },
    "talos-cloud-edge:secretsYaml is set beside talos-cloud-edge:cloudStack, which brings the cluster's secrets; remove secretsYaml from this stack.",
  ],
];
