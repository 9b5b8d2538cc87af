import { describe, expect, it } from "vitest";
import { tailnetSchema } from "../../components/config/schema";
import { policyDocument } from "../../components/tailnet/policyDocument";

interface Policy {
  grants: { src: string[]; dst: string[]; ip: string[] }[];
  tests: { src: string; proto?: string; accept?: string[]; deny?: string[] }[];
}

/** Whether the grants let the source reach the target, as Tailscale evaluates them. */
function allowed(policy: Policy, src: string, protocol: string, target: string): boolean {
  const split = target.lastIndexOf(":");
  const [dst, port] = [target.slice(0, split), Number(target.slice(split + 1))];
  return policy.grants.some(
    (grant) =>
      grant.src.includes(src) &&
      grant.dst.includes(dst) &&
      grant.ip.some((entry) => {
        const [proto, range] = entry.split(":");
        const [from, to] = (range ?? "").split("-");
        return proto === protocol && port >= Number(from) && port <= Number(to ?? from);
      }),
  );
}

describe("policyDocument", () => {
  it("of the default tags", () => {
    expect(JSON.stringify(policyDocument(tailnetSchema.parse({})), null, 2)).toMatchSnapshot();
  });

  it.each([
    ["three tags", {}],
    ["one tag for all workers", { tags: { worker: "tag:w", edge: "tag:w" } }],
    ["one tag for everything", { tags: { controlPlane: "tag:k", worker: "tag:k", edge: "tag:k" } }],
  ])("passes its own tests: %s", (_case, config) => {
    const policy = policyDocument(tailnetSchema.parse(config)) as Policy;
    for (const test of policy.tests) {
      for (const target of test.accept ?? []) {
        expect([test.src, target, allowed(policy, test.src, test.proto ?? "tcp", target)]).toEqual([
          test.src,
          target,
          true,
        ]);
      }
      for (const target of test.deny ?? []) {
        expect([test.src, target, allowed(policy, test.src, test.proto ?? "tcp", target)]).toEqual([
          test.src,
          target,
          false,
        ]);
      }
    }
  });

  it("has an owner for each tag among the admins", () => {
    const { tagOwners } = policyDocument(tailnetSchema.parse({ admins: ["me@example.com", "tag:ci"] })) as {
      tagOwners: Record<string, string[]>;
    };
    expect(tagOwners["tag:ci"]).toEqual(["me@example.com", "tag:talos-cloud-edge"]);
    const named = Object.values(tagOwners)
      .flat()
      .filter((owner) => owner.startsWith("tag:"));
    expect(named.filter((tag) => tagOwners[tag] === undefined)).toEqual([]);
  });

  it("gives no rule an empty side", () => {
    const tags = { controlPlane: "tag:k", worker: "tag:k", edge: "tag:k" };
    const policy = policyDocument(tailnetSchema.parse({ tags })) as Policy;
    expect(policy.grants.filter((grant) => grant.src.length === 0 || grant.dst.length === 0)).toEqual([]);
  });
});
