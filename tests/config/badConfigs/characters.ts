import type { BadStack } from "./badConfig";

/** Texts with characters that can't be seen or told apart, and very long ones. */
export const characters: BadStack[] = [
  [
    "a letter of another alphabet",
    "dev",
    { "talos-cloud-edge:sites[0].name": "еdge" },
    'talos-cloud-edge:sites[0].name is "еdge" (with the character U+0435 in it), but must be a name of at most 24 lower-case letters, digits and hyphens, beginning with a letter and not ending in a hyphen; write for example edge.',
  ],
  [
    "a space of no width",
    "lab",
    { "talos-cloud-edge:cluster.name": "setup\u200b02" },
    'talos-cloud-edge:cluster.name is "setup\\u200B02" (with the character U+200B in it), but must be a name of at most 24 lower-case letters, digits and hyphens, beginning with a letter and not ending in a hyphen; did you mean setup02?',
  ],
  [
    "a text that turns the line around",
    "dev",
    { "talos-cloud-edge:cluster.name": "setup\u202e02" },
    'talos-cloud-edge:cluster.name is "setup\\u202E02" (with the character U+202E in it), but must be a name of at most 24 lower-case letters, digits and hyphens, beginning with a letter and not ending in a hyphen; did you mean setup02?',
  ],
  [
    "full-width digits of an address",
    "edge",
    { "talos-cloud-edge:sites[0].nodes[0].ip": "10.0.21.１0" },
    'talos-cloud-edge:sites[0].nodes[0].ip is "10.0.21.１0" (with the character U+FF11 in it), but must be an IPv4 address; did you mean 10.0.21.10?',
  ],
  [
    "a very long value",
    "dev",
    { "talos-cloud-edge:cluster.name": "x".repeat(100000) },
    'talos-cloud-edge:cluster.name is "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx...", but must be a name of at most 24 lower-case letters, digits and hyphens, beginning with a letter and not ending in a hyphen; write for example setup02.',
  ],
  [
    "a very long name of a field",
    "dev",
    { ["talos-cloud-edge:cloud." + "y".repeat(10000)]: 1 },
    'talos-cloud-edge:cloud["yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy..."] is not a known field; write region, zones, architecture, networkCidr, operatorCidrs, directWireGuard, controlPlanes, workers or deletionProtection.',
  ],
  [
    "a name of a field with a line end",
    "dev",
    { "talos-cloud-edge:cl\nuster": {} },
    'talos-cloud-edge:"cl\\nuster" is not a known field; did you mean cluster?',
  ],
  [
    "a field of JavaScript's own",
    "dev",
    { "talos-cloud-edge:cloud.constructor": {} },
    "talos-cloud-edge:cloud.constructor is not a known field; write region, zones, architecture, networkCidr, operatorCidrs, directWireGuard, controlPlanes, workers or deletionProtection.",
  ],
];
