import * as pulumi from "@pulumi/pulumi";
import { describe, expect, it } from "vitest";
import { checkedBundle, clusterOf } from "../../components/stack/cloudStack";
import { Graph } from "./graph";

type Outputs = Record<string, unknown> | undefined;

describe("the bundle of a cloud stack", () => {
  it.each<[string, Outputs, string]>([
    [
      "does not exist",
      undefined,
      "which does not exist in this backend (`pulumi stack ls --all` lists what does); write the stack that holds the cloud part.",
    ],
    [
      "was never updated, or was destroyed",
      {},
      "which holds no cluster: it was destroyed, or its first update has not ended well yet; run `pulumi up` on it first.",
    ],
    [
      "cannot be decrypted",
      { joinBundle: {} },
      'whose output "joinBundle" cannot be decrypted; both stacks need the same passphrase, or keys that you may both decrypt with.',
    ],
    [
      "is a further site itself",
      { endpoint: "https://api.setup02.internal:6443" },
      'which has no output "joinBundle", so it holds no cloud part; write the stack that does.',
    ],
    [
      "is older",
      { joinBundle: { version: 1 } },
      "which an older version of this program updated last (its bundle is of version 1, this program reads 2); run `pulumi up` on it first.",
    ],
    [
      "is newer",
      { joinBundle: { version: 3 } },
      "which a newer version of this program updated last (its bundle is of version 3, this program reads 2); use that version here too.",
    ],
  ])("that %s is told in one sentence", (_what, outputs, sentence) => {
    const message = `talos-cloud-edge:cloudStack is org/p/dev, ${sentence}`;
    expect(() => checkedBundle("org/p/dev", outputs)).toThrow(expect.objectContaining({ message }) as Error);
  });

  it("is what the stack hands out", () => {
    const joinBundle = { version: 2, vpcCidr: "10.1.0.0/24" };
    expect(checkedBundle("org/p/dev", { joinBundle })).toBe(joinBundle);
  });
});

describe("stacks of the backend", () => {
  it.each(["test", "organization/talos-cloud-edge/test"])("refuse to join themselves (%s)", async (stack) => {
    await new Graph().install();
    expect(pulumi.getStack()).toBe("test");
    await expect(clusterOf(stack)).rejects.toThrow(
      `talos-cloud-edge:cloudStack is ${stack}, which is this stack itself; write the stack that holds the cloud part.`,
    );
  });

  it("are asked for by organization, project and name", async () => {
    const graph = new Graph();
    graph.stacks["organization/talos-cloud-edge/dev"] = {};
    await graph.install();
    await expect(clusterOf("dev")).rejects.toThrow("organization/talos-cloud-edge/dev, which holds no cluster");
    await expect(clusterOf("acme/p/dev")).rejects.toThrow("acme/p/dev, which does not exist in this backend");
  });
});
