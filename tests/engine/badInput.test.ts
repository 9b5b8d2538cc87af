import { readFileSync } from "node:fs";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { parse, stringify } from "yaml";
import { begun, openWorldLab, state, type WorldLab } from "./harness";

/** Mistakes of the user through the real engine: the sentence alone, and nothing made. */
let lab: WorldLab;
let good: Record<string, unknown>;

const file = (): string => lab.folder.stackConfig("lab");
const write = (content: Record<string, unknown>): void => {
  lab.folder.writeSecret(file(), stringify(content));
};

beforeAll(async () => {
  lab = await openWorldLab();
  good = parse(readFileSync(file(), "utf8")) as Record<string, unknown>;
});
beforeEach(() => {
  lab.events.length = 0;
  write(good);
});
afterAll(async () => {
  await lab.close();
});

/** Preview and update end alike: not well, in these errors, with no resource begun but the stack itself, and soon. */
async function isRefused(...errors: string[]): Promise<void> {
  for (const operation of ["preview", "up"] as const) {
    const outcome = await lab.engine[operation](lab.onEvent);
    expect(outcome.errors).toEqual(errors);
    expect(outcome.ok).toBe(false);
    expect(outcome.milliseconds).toBeLessThan(60_000);
  }
  expect(begun(lab, "create").filter((urn) => !urn.includes("pulumi:pulumi:Stack"))).toEqual([]);
  const kept = (await state(lab)).resources ?? [];
  expect(kept.filter(({ type }) => type !== "pulumi:pulumi:Stack")).toEqual([]);
  expect(lab.world.remains()).toEqual([]);
}

describe("a mistake in a stack's config", () => {
  it.each<[string, unknown, string]>([
    [
      "tailscale:apikey",
      "tskey-api-lab",
      "tailscale:apikey is no setting of the provider tailscale; did you mean tailscale:apiKey?",
    ],
    [
      "talos-cloud-edge:cluster",
      { name: "setup02", podCidr: "10.0.0.0/8" },
      "talos-cloud-edge:cluster.podCidr is 10.0.0.0/8, which overlaps talos-cloud-edge:cluster.serviceCidr (10.96.0.0/12); write a range of its own, for example 172.16.0.0/16.",
    ],
    [
      "talos-cloud-edge:cloud",
      { region: "europe-wst3", workers: { count: 1 } },
      "talos-cloud-edge:cloud.region is europe-wst3, which is no GCP region; did you mean europe-west3?",
    ],
    [
      "talos-cloud-edge:images",
      { cloud: { extensions: ["siderolabs/tailscal"] } },
      'talos-cloud-edge:images.cloud.extensions[0] is "siderolabs/tailscal", which is no extension; did you mean siderolabs/tailscale?',
    ],
    [
      "talos-cloud-edge:sites",
      [
        {
          name: "edge",
          host: "root@-oProxyCommand=x",
          nodes: [{ name: "n1", mac: "52:54:00:00:02:01", ip: "10.0.20.10" }],
        },
      ],
      'talos-cloud-edge:sites[0].host is "root@-oProxyCommand=x", but must be `local` or `user@host`; write for example root@kvm.example.com.',
    ],
  ])("in %s", async (key, value, sentence) => {
    lab.engine.setConfig(key, value);
    await isRefused(sentence);
  });

  it("in the word `config:` itself, which the engine passes over", async () => {
    const { config, ...rest } = good;
    write({ ...rest, confg: config });
    await isRefused(
      "Pulumi.lab.yaml has no setting of this program below its `config:`; write the settings of your stack there, as in Pulumi.dev.yaml for a cluster or Pulumi.edge.yaml for a further site.",
    );
  });
});
