import { describe, expect, it } from "vitest";
import { labelMistake, nodeLabels } from "../../components/talos/nodeLabels";
import { controlPlane, edgeWorker } from "./plans";

describe("nodeLabels", () => {
  it("says where a cloud node stands", () => {
    expect(nodeLabels(controlPlane)).toEqual({
      "topology.kubernetes.io/region": "europe-west3",
      "topology.kubernetes.io/zone": "europe-west3-a",
      "talos-cloud-edge/place": "cloud",
    });
  });

  it("has a zone for each edge site", () => {
    expect(nodeLabels(edgeWorker)).toEqual({
      "topology.kubernetes.io/region": "edge",
      "topology.kubernetes.io/zone": "setup02-edge",
      "talos-cloud-edge/place": "edge",
    });
  });
});

describe("labelMistake", () => {
  it.each([
    ["power", false],
    ["example.com/power", false],
    ["mykubernetes.io/power", false],
    ["topology.kubernetes.io/zone", false],
    ["node.kubernetes.io/gpu", false],
    ["sub.kubelet.kubernetes.io/x", false],
    ["node-role.kubernetes.io/edge", true],
    ["kubernetes.io/role", true],
    ["k8s.io/x", true],
    ["team.k8s.io/x", true],
    ["node-restriction.kubernetes.io/x", true],
    ["topology.kubernetes.io/rack", true],
  ])("of %s: %s", (key, refused) => {
    expect(labelMistake(key)).toBe(
      refused
        ? `the label ${key} is one that a worker may not give itself; write it under a prefix of your own`
        : undefined,
    );
  });
});
