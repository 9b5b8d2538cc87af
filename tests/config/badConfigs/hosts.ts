import type { BadStack } from "./badConfig";

/** KVM hosts and MAC addresses in spellings that people use, and options of ssh in a place of a host. */
export const hosts: BadStack[] = [
  [
    "localhost for local",
    "dev",
    { "talos-cloud-edge:sites[0].host": "localhost" },
    'talos-cloud-edge:sites[0].host is "localhost", but must be `local` or `user@host`; did you mean local?',
  ],
  [
    "local in capitals",
    "dev",
    { "talos-cloud-edge:sites[0].host": "Local" },
    'talos-cloud-edge:sites[0].host is "Local", but must be `local` or `user@host`; did you mean local?',
  ],
  [
    "a host with a port",
    "edge",
    { "talos-cloud-edge:sites[0].host": "root@kvm2:2222" },
    'talos-cloud-edge:sites[0].host is "root@kvm2:2222", but must be `local` or `user@host`; did you mean root@kvm2?',
  ],
  [
    "a host as a URL",
    "edge",
    { "talos-cloud-edge:sites[0].host": "ssh://root@kvm2" },
    'talos-cloud-edge:sites[0].host is "ssh://...@kvm2", but must be `local` or `user@host`; did you mean root@kvm2?',
  ],
  [
    "an option of ssh for a host",
    "edge",
    { "talos-cloud-edge:sites[0].host": "-oProxyCommand=touch /tmp/x" },
    'talos-cloud-edge:sites[0].host is "-oProxyCommand=touch /tmp/x", but must be `local` or `user@host`; write for example root@kvm.example.com.',
  ],
  [
    "an option of ssh after the user",
    "lab",
    { "talos-cloud-edge:sites[0].host": "root@-oProxyCommand=x" },
    'talos-cloud-edge:sites[0].host is "root@-oProxyCommand=x", but must be `local` or `user@host`; write for example root@kvm.example.com.',
  ],
  [
    "an option of ssh for the user",
    "edge",
    { "talos-cloud-edge:sites[0].host": "-oProxyCommand=x@kvm2" },
    'talos-cloud-edge:sites[0].host is "-oProxyCommand=x@kvm2", but must be `local` or `user@host`; write for example root@kvm.example.com.',
  ],
  [
    "an option of ssh after the host",
    "dev",
    { "talos-cloud-edge:sites[0].host": "root@kvm2 -oProxyCommand=x" },
    'talos-cloud-edge:sites[0].host is "root@kvm2 -oProxyCommand=x", but must be `local` or `user@host`; write for example root@kvm.example.com.',
  ],
  [
    "a host with two dots",
    "edge",
    { "talos-cloud-edge:sites[0].host": "root@kvm2..example.com" },
    'talos-cloud-edge:sites[0].host is "root@kvm2..example.com", but must be `local` or `user@host`; write for example root@kvm.example.com.',
  ],
  [
    "a host with a line end",
    "edge",
    { "talos-cloud-edge:sites[0].host": "root@kvm2\n-oProxyCommand=x" },
    'talos-cloud-edge:sites[0].host is "root@kvm2\\n-oProxyCommand=x" (with the character U+000A in it), but must be `local` or `user@host`; write for example root@kvm.example.com.',
  ],
  [
    "a host of parameters of libvirt",
    "edge",
    { "talos-cloud-edge:sites[0].host": "root@kvm2/system?command=x" },
    'talos-cloud-edge:sites[0].host is "root@kvm2/system?command=x", but must be `local` or `user@host`; write for example root@kvm.example.com.',
  ],
  [
    "a host that is a list",
    "edge",
    { "talos-cloud-edge:sites[0].host": ["root@kvm2"] },
    'talos-cloud-edge:sites[0].host is ["root@kvm2"], but must be `local` or `user@host`; write for example root@kvm.example.com.',
  ],
  [
    "a host that is empty",
    "edge",
    { "talos-cloud-edge:sites[0].host": "" },
    'talos-cloud-edge:sites[0].host is "", but must be `local` or `user@host`; write for example root@kvm.example.com.',
  ],
  [
    "a MAC address in capitals",
    "edge",
    { "talos-cloud-edge:sites[0].nodes[0].mac": "52:54:00:00:03:0A" },
    'talos-cloud-edge:sites[0].nodes[0].mac is "52:54:00:00:03:0A", but must be a MAC address in lower case with colons; did you mean 52:54:00:00:03:0a?',
  ],
  [
    "a MAC address as a network switch writes it",
    "edge",
    { "talos-cloud-edge:sites[0].nodes[0].mac": "5254.0000.0301" },
    'talos-cloud-edge:sites[0].nodes[0].mac is "5254.0000.0301", but must be a MAC address in lower case with colons; write for example 52:54:00:00:02:01.',
  ],
  [
    "one MAC address in two spellings",
    "dev",
    { "talos-cloud-edge:sites[0].nodes[1]": { name: "n2", mac: "52-54-00-00-02-01", ip: "10.0.20.11" } },
    'talos-cloud-edge:sites[0].nodes[1].mac is "52-54-00-00-02-01", but must be a MAC address in lower case with colons; did you mean 52:54:00:00:02:01?',
  ],
  [
    "one node's name in two cases",
    "dev",
    { "talos-cloud-edge:sites[0].nodes[1]": { name: "Talos-Edge-1", mac: "52:54:00:00:02:02", ip: "10.0.20.11" } },
    'talos-cloud-edge:sites[0].nodes[1].name is "Talos-Edge-1", but must be a name of at most 63 lower-case letters, digits and hyphens, beginning with a letter and not ending in a hyphen; did you mean talos-edge-1?',
  ],
  [
    "a required field misspelt",
    "edge",
    {
      "talos-cloud-edge:sites[0].nodes[0].mac": undefined,
      "talos-cloud-edge:sites[0].nodes[0].macc": "52:54:00:00:03:01",
    },
    "talos-cloud-edge:sites[0].nodes[0].macc is not a known field; did you mean mac?",
  ],
];
