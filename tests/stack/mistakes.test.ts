import * as pulumi from "@pulumi/pulumi";
import { describe, expect, it } from "vitest";
import { parseStackConfig } from "../../components/config";
import { type ClusterAccess, joinMistakes } from "../../components/stack";

const access = {
  cluster: parseStackConfig({ cloud: {} }).cluster,
  vpcCidr: "10.1.0.0/24",
  members: [
    {
      name: "setup02-cluster-worker-1",
      role: "worker",
      place: "cloud",
      address: pulumi.output("100.64.0.2"),
      podCidr: pulumi.output("10.244.1.0/24"),
      machineId: pulumi.output("m"),
    },
  ],
} as unknown as ClusterAccess;

function mistakes(cidr: string, node: string): string[] {
  const ip = cidr.replace(/0\/\d+$/, "10");
  const nodes = [{ name: node, mac: "52:54:00:00:03:01", ip }];
  return joinMistakes(
    parseStackConfig({
      cloudStack: "dev",
      sites: [{ name: "s", cidr, nodes }],
    }),
    access,
  );
}

describe("a further site beside the cluster it joins", () => {
  it("has no mistake where everything is its own", () => {
    expect(mistakes("10.0.21.0/24", "talos-site2-1")).toEqual([]);
  });

  it.each([
    ["10.1.0.0/25", "10.1.0.0/24 of the VPC"],
    ["10.244.7.0/24", "10.244.0.0/16 of the pods"],
    ["10.97.0.0/24", "10.96.0.0/12 of the Services"],
  ])("must not lie in the cluster's ranges (%s)", (cidr, what) => {
    expect(mistakes(cidr, "talos-site2-1")).toEqual([
      `talos-cloud-edge:sites[0].cidr is ${cidr}, which overlaps ${what} of the cluster setup02; write a range that nothing else uses.`,
    ]);
  });

  it("must not name a node as the cluster has named one", () => {
    expect(mistakes("10.0.21.0/24", "setup02-cluster-worker-1")).toEqual([
      "talos-cloud-edge:sites[0].nodes[0].name is setup02-cluster-worker-1, which a node of the cluster has already; write another name.",
    ]);
  });
});
