import * as pulumi from "@pulumi/pulumi";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { tailnetSchema } from "../../components/config/schema";
import type * as Tailnet from "../../components/tailnet";
import { leaveProvidersUnserialised } from "../http/unserialised";
import { leaveHooksUnregistered } from "../leftovers/unregistered";

let made: pulumi.runtime.MockResourceArgs[] = [];
let tailnet: typeof Tailnet;

beforeAll(async () => {
  leaveProvidersUnserialised();
  leaveHooksUnregistered();
  await pulumi.runtime.setMocks({
    newResource: (args) => {
      made.push(args);
      const state: Record<string, Record<string, unknown>> = {
        "random:index/randomId:RandomId": { hex: "0a1b2c3d" },
        "tailscale:index/tailnetKey:TailnetKey": { key: "tskey-auth-x", createdAt: "2026-05-01T12:00:00Z" },
        "pulumi-nodejs:dynamic/tailnet:TailnetDevice": { address: "100.64.0.9", deviceId: "n1", dnsName: "a.ts.net" },
      };
      return { id: `${args.name}-id`, state: { ...(args.inputs as Record<string, unknown>), ...state[args.type] } };
    },
    call: () => ({}),
  });
  tailnet = await import("../../components/tailnet");
});

beforeEach(() => {
  made = [];
});

function valueOf<T>(output: pulumi.Output<T>): Promise<T> {
  return new Promise((resolve) => {
    output.apply(resolve);
  });
}

const inputsOf = (type: string): unknown[] =>
  made.filter((one) => one.type === type).map((one) => one.inputs as unknown);

describe("NodeKey", () => {
  it("is a one-shot, tagged, pre-authorized key that bears the incarnation", async () => {
    const key = new tailnet.NodeKey("edge-1", {
      hostname: "talos-edge-1",
      owner: "00c0ffee00c0ffee",
      tag: "tag:k8s-edge",
      generation: 2,
      expiryMinutes: 60,
    });
    expect(await valueOf(key.authKey)).toBe("tskey-auth-x");
    expect(await pulumi.isSecret(key.authKey)).toBe(true);
    expect(await valueOf(key.incarnation)).toBe("0a1b2c3d");
    expect(await valueOf(key.createdAt)).toBe("2026-05-01T12:00:00Z");
    expect(inputsOf("random:index/randomId:RandomId")).toEqual([{ byteLength: 4, keepers: { generation: "2" } }]);
    expect(inputsOf("tailscale:index/tailnetKey:TailnetKey")).toEqual([
      {
        reusable: false,
        ephemeral: false,
        preauthorized: true,
        tags: ["tag:k8s-edge"],
        expiry: 3600,
        description: "talos-edge-1 688a9cd9 0a1b2c3d",
        recreateIfInvalid: "never",
      },
    ]);
  });

  it.each([
    ["talos-edge-1", /^talos-edge-1 688a9cd9 0a1b2c3d$/],
    ["a.b_c", /^a-b-c [0-9a-f]{8} 0a1b2c3d$/],
    ["n".repeat(63), /^n{32} [0-9a-f]{8} 0a1b2c3d$/],
  ])("is described within Tailscale's limits: %s", (hostname, expected) => {
    const described = tailnet.keyDescription(hostname, "00c0ffee00c0ffee", "0a1b2c3d");
    expect(described).toMatch(expected);
    expect(described.length).toBeLessThanOrEqual(50);
  });

  it("is told from those of machines and stacks of nearly the same name", () => {
    const machine = (hostname: string, owner: string): string => tailnet.keyDescription(hostname, owner, "").slice(-9);
    const long = "a-host-name-that-is-much-longer-than-what-fits";
    const all = [machine(`${long}-1`, "0a"), machine(`${long}-2`, "0a"), machine(`${long}-1`, "0b")];
    expect(new Set(all).size).toBe(3);
  });
});

describe("TailnetDevice", () => {
  it("hands out what the machine became", async () => {
    const device = new tailnet.TailnetDevice("edge-1", {
      hostname: "talos-edge-1",
      incarnation: "0a1b2c3d",
      machineId: "4711",
      joinTimeoutMinutes: 15,
      notBefore: "2026-05-01T12:00:00Z",
    });
    expect(await valueOf(device.address)).toBe("100.64.0.9");
    expect(await valueOf(device.deviceId)).toBe("n1");
    expect(await valueOf(device.dnsName)).toBe("a.ts.net");
    expect(inputsOf("pulumi-nodejs:dynamic/tailnet:TailnetDevice")).toEqual([
      expect.objectContaining({ hostname: "talos-edge-1", incarnation: "0a1b2c3d", machineId: "4711" }),
    ]);
  });
});

describe("TailnetPolicy", () => {
  it("is the whole policy file, and only when the configuration says so", async () => {
    const policy = new tailnet.TailnetPolicy("a", { tailnet: tailnetSchema.parse({}) });
    const owned = new tailnet.TailnetPolicy("b", { tailnet: tailnetSchema.parse({ managePolicy: true }) });
    await Promise.all([policy, owned].map((one) => valueOf(one.urn)));
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(made.filter((one) => one.type === "tailscale:index/acl:Acl").map((one) => one.name)).toEqual(["b-acl"]);
    const [acl] = inputsOf("tailscale:index/acl:Acl") as { acl: string; overwriteExistingContent: boolean }[];
    expect(acl?.overwriteExistingContent).toBe(true);
    expect(JSON.parse(acl?.acl ?? "")).toEqual(tailnet.policyDocument(tailnetSchema.parse({})));
  });
});
