import { describe, expect, it } from "vitest";
import { parseStackConfig } from "../../components/config/parse";
import { parseOptions } from "../../lab/bench/options";
import { family, parseStat, type ProcessStat } from "../../lab/bench/processes";
import { recordedResources } from "../../lab/bench/recording";
import { edgeNodes } from "../../lab/bench/stackConfig";
import { growth, spread } from "../../lab/bench/statistics";
import { table } from "../../lab/bench/tables";
import type { EngineEvent } from "../../lab/engine";

describe("a stack with many edge nodes", () => {
  it.each([1, 10, 100, 1000])("has a config without a mistake, of %i nodes", (count) => {
    const prefix = "talos-cloud-edge:";
    const own = Object.entries(edgeNodes(count)).filter(([key]) => key.startsWith(prefix));
    const raw = Object.fromEntries(own.map(([key, value]) => [key.slice(prefix.length), value]));
    const { sites } = parseStackConfig(raw, new Set());
    expect(sites.flatMap(({ nodes }) => nodes)).toHaveLength(count);
    expect(Math.max(...sites.map(({ nodes }) => nodes.length))).toBeLessThanOrEqual(200);
  });
});

describe("processes", () => {
  it("are read from /proc, whatever their name is", () => {
    const fields = "S 7 1 1 0 -1 4194560 100 0 0 0 12 3 40 5 20 0 11 0 2500 800000 2048 18446744073709551615";
    expect(parseStat(`42 (a) b (c) ${fields}`)).toEqual({
      pid: 42,
      parent: 7,
      ownCpuMs: 150,
      childrenCpuMs: 450,
      startedMs: 25_000,
      rss: 2048 * 4096,
    });
  });

  it("below an engine are sorted by what they are for, and a plugin's tools count with it", () => {
    const stat = (pid: number, parent: number): ProcessStat => {
      return { pid, parent, ownCpuMs: 10, childrenCpuMs: 5, startedMs: 0, rss: 1 };
    };
    const commands: Record<number, string[]> = {
      11: ["node", "/x/node_modules/.lab/plugins-1/languageHost.cjs", "127.0.0.1:1"],
      12: ["node", "/x/node_modules/@pulumi/pulumi/cmd/run", "."],
      13: ["node", "/x/node_modules/@pulumi/pulumi/cmd/dynamic-provider", "127.0.0.1:1"],
      14: ["node", "/x/node_modules/.lab/plugins-1/terraform-provider.cjs"],
      15: ["talosctl", "gen", "config"],
      16: [],
    };
    const all = [
      stat(1, 0),
      stat(10, 1),
      stat(11, 10),
      stat(12, 11),
      stat(13, 10),
      stat(14, 10),
      stat(15, 14),
      stat(16, 10),
    ];
    const members = family(all, 10, (pid) => commands[pid] ?? []);
    expect(members.map(({ stat: { pid }, kind, cpuMs }) => [pid, kind, cpuMs]).sort()).toEqual([
      [10, "engine", 10],
      [11, "language host", 10],
      [12, "program", 10],
      [13, "dynamic provider", 15],
      [14, "plugins", 15],
      [15, "plugins", 0],
    ]);
  });
});

describe("statistics", () => {
  it("tell the least and the median", () => {
    expect(spread([5, 1, 9])).toEqual({ min: 1, median: 5, runs: 3 });
    expect(spread([4, 2])).toEqual({ min: 2, median: 3, runs: 2 });
    expect(() => spread([])).toThrow("There is no value.");
  });

  it("tell linear from quadratic, without what all cases have in common", () => {
    const linear = (size: number) => ({ size, cost: 1000 + 3 * size });
    const quadratic = (size: number) => ({ size, cost: 1000 + 3 * size ** 2 });
    expect(growth(linear(1), linear(10), linear(100))).toBeCloseTo(1);
    expect(growth(quadratic(0), quadratic(10), quadratic(100))).toBeCloseTo(2);
  });
});

describe("a recording", () => {
  const provider = "urn:pulumi:s::p::pulumi:providers:libvirt::here";
  const event = (type: string, urn: string, state: object): EngineEvent =>
    ({ resourcePreEvent: { metadata: { op: "create", type, urn, new: { type, urn, ...state } } } }) as EngineEvent;

  it("holds what the program registered, without what engine and plugins added", () => {
    const events = [
      event("pulumi:pulumi:Stack", "urn:pulumi:s::p::pulumi:pulumi:Stack::p-s", {}),
      event("pulumi:providers:libvirt", provider, { custom: true, inputs: { uri: "u", version: "1", __internal: {} } }),
      event("libvirt:index/volume:Volume", "urn:pulumi:s::p::a:b:C$libvirt:index/volume:Volume::disk", {
        custom: true,
        inputs: { name: "n", __defaults: [], __provider: "code" },
        provider: `${provider}::some-id`,
      }),
      event("random:index/randomId:RandomId", "urn:pulumi:s::p::random:index/randomId:RandomId::id", {
        custom: true,
        inputs: { byteLength: 4 },
        provider: "urn:pulumi:s::p::pulumi:providers:random::default_1::some-id",
      }),
      event("a:b:C", "urn:pulumi:s::p::a:b:C::part", {}),
    ];
    const recorded = recordedResources(events).map(({ type, name, custom, inputs, provider: made }) => {
      return { type, name, custom, inputs, ...(made !== undefined && { provider: made }) };
    });
    expect(recorded).toEqual([
      { type: "pulumi:providers:libvirt", name: "here", custom: true, inputs: { uri: "u" } },
      {
        type: "libvirt:index/volume:Volume",
        name: "disk",
        custom: true,
        inputs: { name: "n", __provider: "code" },
        provider,
      },
      { type: "random:index/randomId:RandomId", name: "id", custom: true, inputs: { byteLength: 4 } },
      { type: "a:b:C", name: "part", custom: false, inputs: {} },
    ]);
  });
});

describe("options", () => {
  it("measure everything by default, and build up to 100 nodes", () => {
    expect(parseOptions([])).toEqual({
      only: ["start-up", "nodes", "overhead"],
      nodes: [1, 10, 100, 1000],
      build: 100,
      runs: 3,
      start: false,
    });
    expect(parseOptions(["--full"])?.build).toBe(1000);
    expect(parseOptions(["--help"])).toBeUndefined();
  });

  it.each([
    [["--nodes", "1,many"], "--nodes many: write a whole number from 1"],
    [["--only", "speed"], "--only speed: there is no such measure; write start-up, nodes, overhead."],
    [["--fast"], "Unknown option '--fast'"],
  ])("refuse %j in a sentence", (args, sentence) => {
    expect(() => parseOptions(args)).toThrow(sentence);
  });
});

describe("a table", () => {
  it("is Markdown with straight columns", () => {
    expect(table(["a", "long title"], [["wide cell", "1"]])).toEqual([
      "| a         | long title |",
      "| --------- | ---------- |",
      "| wide cell | 1          |",
    ]);
  });
});
