import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { callKubernetes, type KubernetesClient } from "../../components/kubernetes/client";
import type { Engine, Outcome } from "../../lab/engine";
import { openWorldLab, readyNodes, type WorldLab } from "./harness";

/**
 * Many edge stacks on one cluster, each with engines of its own, side by side over one simulated world. The tests depend on each other in
 * this order: the cluster is built once for all of them.
 */
let lab: WorldLab;
let cloudState: string;

/** How many engines run at a time: each has eight processes and takes about a gigabyte. */
const width = 3;
const numbers = Array.from({ length: 10 }, (_, index) => index + 1);
const engines = new Map<string, Engine>();

const cloudNodes = ["setup02-cluster-master-1", "setup02-cluster-worker-1", "talos-edge-1"];

interface Site {
  name: string;
  cidr: string;
  host: string;
  nodes: { name: string; mac: string; ip: string }[];
}

/** A site of one machine, everything by its number. */
function site(number: number): Site {
  const mac = `52:54:00:00:10:${String(number).padStart(2, "0")}`;
  return {
    name: `site${number}`,
    cidr: `10.2.${number}.0/24`,
    host: `root@kvm${number}.lab`,
    nodes: [{ name: `talos-site${number}`, mac, ip: `10.2.${number}.10` }],
  };
}

async function edgeStack(stack: string, sites: Site[], cloudStack = "lab"): Promise<Engine> {
  const engine = await lab.beside(stack);
  engine.setConfig("talos-cloud-edge:cloudStack", cloudStack);
  engine.setConfig("tailscale:apiKey", "tskey-api-lab");
  engine.setConfig("tailscale:tailnet", "lab.example");
  engine.setConfig("talos-cloud-edge:sites", sites);
  engines.set(stack, engine);
  return engine;
}

const stackOf = (number: number): string => `edge${number}`;

/** The command on every stack, `width` of them at a time; outcomes in the order of the stacks. */
async function sideBySide(stacks: string[], operation: "up" | "destroy", ...flags: string[]): Promise<Outcome[]> {
  const outcomes = new Map<string, Outcome>();
  const waiting = [...stacks];
  const worker = async (): Promise<void> => {
    for (let stack = waiting.shift(); stack !== undefined; stack = waiting.shift()) {
      const outcome = await engines.get(stack)?.[operation](() => undefined, ...flags);
      if (outcome) outcomes.set(stack, outcome);
    }
  };
  await Promise.all(Array.from({ length: width }, worker));
  return stacks.flatMap((stack) => outcomes.get(stack) ?? []);
}

const errorsOf = (outcomes: Outcome[]): string[] => outcomes.flatMap(({ errors }) => errors);

const nodesWith = (of: number[]): string[] => [...cloudNodes, ...of.map((number) => `talos-site${number}`)].sort();

const claims = "/api/v1/namespaces/kube-system/configmaps/talos-cloud-edge-sites";

/** A call of the cluster's API from outside the program, as kubectl makes it. */
async function kubernetes(method: "GET" | "DELETE"): Promise<{ status: number; body: unknown }> {
  const { joinBundle } = (await lab.engine.outputs()) as { joinBundle: { kubernetesClient: KubernetesClient } };
  vi.stubEnv("HTTPS_PROXY", lab.world.url);
  return callKubernetes(joinBundle.kubernetesClient, { method, path: claims });
}

async function claimed(): Promise<string[]> {
  const { body } = await kubernetes("GET");
  return Object.keys((body as { data: object }).data).sort();
}

beforeAll(async () => {
  lab = await openWorldLab();
});
afterEach(() => {
  vi.unstubAllEnvs();
});
afterAll(async () => {
  await lab.close();
});

describe("ten edge stacks on one cluster", () => {
  it("join side by side, each with its checks passed", async () => {
    expect((await lab.engine.up(lab.onEvent)).errors).toEqual([]);
    cloudState = await lab.engine.exportState();
    for (const number of numbers) await edgeStack(stackOf(number), [site(number)]);
    expect(errorsOf(await sideBySide(numbers.map(stackOf), "up"))).toEqual([]);
    expect(readyNodes(lab)).toEqual(nodesWith(numbers));
    expect(await claimed()).toEqual(["edge", ...numbers.map((number) => `site${number}`)].sort());
    for (const number of numbers) {
      const outputs = await engines.get(stackOf(number))?.outputs();
      expect(outputs?.["checks"]).toEqual([`talos-site${number}`]);
    }
  });

  it("are up to date at a second up, and have left the cloud's stack as it was", async () => {
    const outcomes = await sideBySide(numbers.map(stackOf), "up", "--expect-no-changes");
    expect(errorsOf(outcomes)).toEqual([]);
    expect(outcomes.map(({ changes }) => Object.keys(changes))).toEqual(numbers.map(() => ["same"]));
    expect(await lab.engine.exportState()).toBe(cloudState);
  });

  it("take nothing twice: of three that want the same at once, one gets it, and the others are told what is whose", async () => {
    const rivals = ["rival1", "rival2", "rival3"];
    // The same name, range, bridge, node and MAC address: only the KVM hosts differ.
    for (const [index, stack] of rivals.entries())
      await edgeStack(stack, [{ ...site(20), host: `root@kvm2${index}.lab` }]);
    const outcomes = await sideBySide(rivals, "up");
    const winner = rivals.find((_, index) => outcomes[index]?.ok);
    const losers = outcomes.filter(({ ok }) => !ok);
    expect(losers).toHaveLength(2);
    const whose = `the site site20 (stack organization/talos-cloud-edge/${winner ?? ""})`;
    const field = "talos-cloud-edge:sites[0]";
    for (const { errors } of losers) {
      expect(errors).toHaveLength(1);
      for (const sentence of [
        `${field}.name is site20, which ${whose} has already; write another name, or destroy that stack first.`,
        `${field}.cidr is 10.2.20.0/24, which overlaps 10.2.20.0/24 of ${whose}; write a range that nothing else uses.`,
        `${field}.nodes[0].name is talos-site20, which ${whose} has already; write another name.`,
        `${field}.nodes[0].mac is 52:54:00:00:10:20, which ${whose} has already; write another MAC address.`,
      ])
        expect(errors[0]).toContain(sentence);
    }
    const hosts = new Set(lab.world.remains().flatMap((sentence) => /\bkvm2\d\.lab/.exec(sentence)?.[0] ?? []));
    expect([...hosts]).toEqual([`kvm2${rivals.indexOf(winner ?? "")}.lab`]);
    expect(errorsOf(await sideBySide(rivals, "destroy"))).toEqual([]);
    expect(lab.world.remains().filter((sentence) => sentence.includes("site20"))).toEqual([]);
    expect(readyNodes(lab)).toEqual(nodesWith(numbers));
  });

  it("collide in words with a site that is added to the cloud's stack, before anything of it is made", async () => {
    const own = { name: "edge", bridge: "setup02-edge", cidr: "10.0.20.0/24", host: "root@kvm.lab" };
    const node = { name: "talos-edge-1", mac: "52:54:00:00:02:01", ip: "10.0.20.10", memoryMb: 8192 };
    const added = { ...site(30), cidr: "10.2.1.0/25", nodes: [{ ...site(30).nodes[0], ip: "10.2.1.10" }] };
    lab.engine.setConfig("talos-cloud-edge:sites", [{ ...own, nodes: [node] }, added]);
    const outcome = await lab.engine.up(lab.onEvent);
    expect(outcome.errors.join("\n")).toContain(
      "talos-cloud-edge:sites[1].cidr is 10.2.1.0/25, which overlaps 10.2.1.0/24 of the site site1 (stack organization/talos-cloud-edge/edge1); " +
        "write a range that nothing else uses.",
    );
    expect(lab.world.remains().filter((sentence) => /site30|kvm30/.test(sentence))).toEqual([]);
    lab.engine.setConfig("talos-cloud-edge:sites", [{ ...own, nodes: [node] }]);
  });

  it("go side by side and leave the others as they are", async () => {
    const [going, staying] = [numbers.slice(0, 5), numbers.slice(5)];
    expect(errorsOf(await sideBySide(going.map(stackOf), "destroy"))).toEqual([]);
    expect(readyNodes(lab)).toEqual(nodesWith(staying));
    expect(await claimed()).toEqual(["edge", ...staying.map((number) => `site${number}`)].sort());
    expect(errorsOf(await sideBySide(staying.slice(1).map(stackOf), "destroy"))).toEqual([]);
    expect(readyNodes(lab)).toEqual(nodesWith(staying.slice(0, 1)));
  });
});

describe("a cluster that another stack's site belongs to", () => {
  it("is not destroyed, and nothing of it is touched", async () => {
    const outcome = await lab.engine.destroy(lab.onEvent);
    expect(outcome.errors.join("\n")).toContain(
      "The cluster setup02 still has the site site6 (stack organization/talos-cloud-edge/edge6); destroy each of these stacks first. To leave " +
        "them behind instead, delete the list of them and destroy again: kubectl --namespace kube-system delete configmap talos-cloud-edge-sites",
    );
    expect(outcome.changes["delete"] ?? 0).toBe(0);
    expect(readyNodes(lab)).toEqual(nodesWith([6]));
  });

  it("is destroyed once the list is deleted, and the site's own stack after it", async () => {
    expect((await kubernetes("DELETE")).status).toBe(200);
    expect((await lab.engine.destroy(lab.onEvent)).errors).toEqual([]);
    const begin = Date.now();
    expect(errorsOf(await sideBySide(["edge6"], "destroy"))).toEqual([]);
    expect(Date.now() - begin).toBeLessThan(240_000);
    expect(lab.world.remains()).toEqual([]);
  });
});

describe("an edge stack whose cloudStack cannot be joined", () => {
  it.each([
    [
      "is destroyed",
      "lab",
      "which holds no cluster: it was destroyed, or its first update has not ended well yet; run `pulumi up` on it first.",
    ],
    [
      "does not exist",
      "prod",
      "which does not exist in this backend (`pulumi stack ls --all` lists what does); write the stack that holds the cloud part.",
    ],
  ])("because it %s is told in one sentence, before any resource", async (_why, cloudStack, sentence) => {
    const edge = await edgeStack("edge1", [site(1)], cloudStack);
    const outcome = await edge.up(() => undefined);
    expect(outcome.errors).toEqual([
      `talos-cloud-edge:cloudStack is organization/talos-cloud-edge/${cloudStack}, ${sentence}`,
    ]);
    expect(lab.world.remains()).toEqual([]);
  });
});
