import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Engine } from "../../lab/engine";
import { blocks, labSettings } from "../docs/pages";
import { begun, openWorldLab, type WorldLab } from "./harness";

/** The pages of docs/operations, followed one after the other on one cluster. */
let lab: WorldLab;

beforeAll(async () => {
  lab = await openWorldLab();
  await update(lab.engine);
});
afterAll(async () => {
  await lab.close();
});

async function update(engine: Engine, ...flags: string[]): Promise<void> {
  lab.events.length = 0;
  const outcome = await engine.up(lab.onEvent, ...flags);
  expect(outcome.errors).toEqual([]);
  expect(outcome.ok).toBe(true);
}

/** Does what the page says for the lab, and answers what was replaced, the checks aside. */
async function follow(page: string): Promise<string[]> {
  for (const settings of labSettings(`docs/operations/${page}.md`)) {
    for (const [key, value] of Object.entries(settings)) lab.engine.setConfig(key, value);
    await update(lab.engine);
  }
  const replaced = begun(lab, "replace").filter((urn) => !urn.includes("connectivity"));
  await update(lab.engine, "--expect-no-changes");
  return replaced.map((urn) => urn.split("::").at(-1) ?? "");
}

const nodes = (): string[] =>
  lab.world
    .summary()
    .nodes.filter(({ ready, place }) => ready && place === "edge")
    .map(({ name }) => name)
    .sort();

describe("the pages of operations", () => {
  it("add-a-site.md adds one and touches nothing else", async () => {
    expect(await follow("add-a-site")).toEqual([]);
    expect(nodes()).toEqual(["talos-edge-1", "talos-site2-1"]);
  });

  it("change-a-site.md changes one in place", async () => {
    expect(await follow("change-a-site")).toEqual([]);
    expect(nodes()).toEqual(["talos-edge-1", "talos-site2-1"]);
  });

  it("replace-a-node.md replaces one machine and no other", async () => {
    const replaced = await follow("replace-a-node");
    expect(replaced).toEqual(expect.arrayContaining(["setup02-site2-talos-site2-1-device"]));
    // Beside the machine's own, the image that it boots is fetched again.
    const others = replaced.filter((name) => !name.includes("talos-site2-1"));
    expect(others).toEqual(["setup02-site2-site-boot-nocloud-amd64"]);
    expect(nodes()).toEqual(["talos-edge-1", "talos-site2-1"]);
  });

  it("remove-a-site.md removes one and all of it", async () => {
    expect(await follow("remove-a-site")).toEqual([]);
    expect(nodes()).toEqual(["talos-edge-1"]);
    expect(lab.world.remains().filter((sentence) => /site2|kvm2/.test(sentence))).toEqual([]);
  });

  it("remove-a-site.md takes the nodes of a host that will never come back out of cluster and tailnet", async () => {
    const configured = async (path: string[] = []): Promise<Engine> => {
      const engine = await lab.beside("site2", { path });
      engine.setConfig("talos-cloud-edge:cloudStack", "lab");
      engine.setConfig("tailscale:apiKey", "tskey-api-lab");
      engine.setConfig("tailscale:tailnet", "lab.example");
      const node = { name: "talos-site2-1", mac: "52:54:00:00:03:01", ip: "10.0.21.10" };
      const site = { name: "site2", cidr: "10.0.21.0/24", host: "root@kvm2.lab", nodes: [node] };
      engine.setConfig("talos-cloud-edge:sites", [site]);
      return engine;
    };
    await update(await configured());
    const noHost = join(lab.folder.path, "no-host");
    mkdirSync(noHost);
    writeFileSync(join(noHost, "ssh"), "#!/bin/sh\necho 'ssh: connect: No route to host' >&2\nexit 255\n", {
      mode: 0o755,
    });
    const [, command = ""] = blocks("docs/operations/remove-a-site.md", "sh");
    const excluded = [...command.matchAll(/--exclude '([^']+)'/g)].flatMap(([, pattern = ""]) => [
      "--exclude",
      pattern,
    ]);
    expect(excluded).toHaveLength(4);

    const engine = await configured([noHost]);
    const outcome = await engine.destroy(lab.onEvent, ...excluded);
    expect(outcome.errors).toEqual([]);
    expect(outcome.ok).toBe(true);
    const left = lab.world.remains().filter((sentence) => sentence.includes("talos-site2-1"));
    expect(left.filter((sentence) => !/^libvirt|on kvm2\.lab/.test(sentence))).toEqual([]);
  });
});
