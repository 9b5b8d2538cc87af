import type { Rule } from "./rule";

/** A stack holds the cloud part or names the stack that does. */
const cloudOrCloudStack: Rule = ({ cloud, cloudStack }) => {
  if (cloud !== undefined && cloudStack !== undefined) {
    return [
      "talos-cloud-edge:cloud and talos-cloud-edge:cloudStack are both set; keep cloud in the stack that makes the cloud part, and cloudStack in a stack that only adds sites to it.",
    ];
  }
  if (cloud === undefined && cloudStack === undefined) {
    return [
      "talos-cloud-edge:cloud and talos-cloud-edge:cloudStack are both missing; write cloud: {} to make the cloud part with its defaults, or cloudStack: dev to add sites to the stack that holds it.",
    ];
  }
  return [];
};

const edgeStackHasSites: Rule = ({ cloudStack, sites }) =>
  cloudStack !== undefined && sites.length === 0
    ? [
        "talos-cloud-edge:sites is empty, but a stack with cloudStack exists for its sites; write at least one, for example the one in Pulumi.edge.yaml.",
      ]
    : [];

export const partRules = [cloudOrCloudStack, edgeStackHasSites];
