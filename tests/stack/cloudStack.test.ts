import { describe, expect, it } from "vitest";
import { checkedBundle } from "../../components/stack/cloudStack";

describe("the bundle of a cloud stack", () => {
  it.each([
    [
      "is missing",
      undefined,
      'talos-cloud-edge:cloudStack is org/p/dev, which has no output "joinBundle"; run `pulumi up` on it first, or write the stack that holds the cloud part.',
    ],
    [
      "cannot be decrypted",
      {},
      'talos-cloud-edge:cloudStack is org/p/dev, whose output "joinBundle" cannot be decrypted; both stacks need the same passphrase, or keys that you may both decrypt with.',
    ],
    [
      "is of another version",
      { version: 0 },
      "talos-cloud-edge:cloudStack is org/p/dev, which another version of this program updated last (its bundle is of version 0, this program reads 1); run `pulumi up` on it first.",
    ],
  ])("that %s is told in one sentence", (_what, bundle, sentence) => {
    expect(() => checkedBundle("org/p/dev", bundle)).toThrow(expect.objectContaining({ message: sentence }) as Error);
  });
});
