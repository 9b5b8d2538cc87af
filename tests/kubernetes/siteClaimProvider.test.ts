import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type DynamicProvider, serialisedProvider, startDynamicProvider } from "../http/dynamicProvider";
import { type ClaimServer, claimServer, claimsPath } from "./claimServer";

let provider: DynamicProvider;
let guard: DynamicProvider;
let server: ClaimServer;
let inputs: Record<string, unknown>;

const bounds = "{ patienceMs: 400, leaveMs: 200, pauseMs: 50 }";
const nowhere = { host: "http://127.0.0.1:1", caCertificate: "", clientCertificate: "", clientKey: "" };

beforeAll(async () => {
  const started = async (file: string, make: string): Promise<DynamicProvider> => {
    const text = serialisedProvider(`components/kubernetes/${file}.ts`, `(module) => module.${make}(${bounds})`);
    const found = await startDynamicProvider(text, { NO_PROXY: "127.0.0.1" });
    await found.configure({});
    return found;
  };
  provider = await started("siteClaimProvider", "createSiteClaimProvider");
  guard = await started("siteClaimGuardProvider", "createSiteClaimGuardProvider");
}, 60_000);
afterAll(() => {
  provider.stop();
  guard.stop();
});

beforeEach(async () => {
  server = await claimServer();
  inputs = claimOf(2);
});
afterEach(async () => {
  await server.close();
});

function claimOf(number: number, change: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    site: `site${number}`,
    cidr: `10.0.2${number}.0/24`,
    host: `root@kvm${number}.lab`,
    bridge: `setup02-site${number}`,
    nodes: [{ name: `talos-site${number}`, mac: `52:54:00:00:03:0${number}` }],
    owner: `o${number}`,
    stack: `acme/p/edge${number}`,
    field: "talos-cloud-edge:sites[0]",
    client: { host: server.url, caCertificate: "", clientCertificate: "", clientKey: "" },
    ...change,
  };
}

const calls = (): string[] => server.received.map(({ method }) => method);
const claimed = (): string[] => Object.keys(server.object?.data ?? {}).sort();

describe("claiming a site", () => {
  it("makes the list with the first claim, and adds the next to it", async () => {
    expect(await provider.create(inputs)).toEqual({ id: "site2", outs: inputs });
    expect(calls()).toEqual(["GET", "POST"]);
    expect(server.received[1]?.path).toBe(claimsPath);
    expect(server.object).toMatchObject({
      metadata: { name: "talos-cloud-edge-sites", labels: { "app.kubernetes.io/managed-by": "talos-cloud-edge" } },
      data: {
        site2:
          '{"stack":"acme/p/edge2","cidr":"10.0.22.0/24","host":"root@kvm2.lab","bridge":"setup02-site2",' +
          '"nodes":[{"name":"talos-site2","mac":"52:54:00:00:03:02"}],"owner":"o2"}',
      },
    });
    await provider.create(claimOf(3));
    expect(claimed()).toEqual(["site2", "site3"]);
  });

  it("is refused in one sentence where another stack has something of it, and leaves nothing", async () => {
    await provider.create(inputs);
    await expect(provider.create(claimOf(3, { cidr: "10.0.22.0/25" }))).rejects.toThrow(
      "talos-cloud-edge:sites[0].cidr is 10.0.22.0/25, which overlaps 10.0.22.0/24 of the site site2 (stack acme/p/edge2); " +
        "write a range that nothing else uses.",
    );
    expect(claimed()).toEqual(["site2"]);
  });

  it("takes over what an interrupted update of the same stack has claimed", async () => {
    await provider.create(inputs);
    server.received.length = 0;
    await provider.create(inputs);
    expect(calls()).toEqual(["GET"]);
    await provider.create(claimOf(2, { cidr: "10.0.99.0/24" }));
    expect(server.object?.data?.site2).toContain("10.0.99.0/24");
  });

  it("gives what eight want at once to exactly one of them", async () => {
    const numbers = [1, 2, 3, 4, 5, 6, 7, 8];
    const results = await Promise.allSettled(
      numbers.map((number) => provider.create(claimOf(number, { cidr: "10.0.50.0/24" }))),
    );
    expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    expect(claimed()).toHaveLength(1);
    for (const result of results) if (result.status === "rejected") expect(String(result.reason)).toContain("overlaps");
  });

  it("looks again where another stack was faster between look and change", async () => {
    await provider.create(claimOf(3));
    let meddled = false;
    server.instead = ({ method }) => {
      if (method !== "PUT" || meddled || server.object === undefined) return undefined;
      meddled = true;
      server.object.metadata.resourceVersion = "meanwhile";
      server.object.data = { ...server.object.data, site4: "{}" };
      return undefined;
    };
    await provider.create(inputs);
    expect(calls().slice(2)).toEqual(["GET", "PUT", "GET", "PUT"]);
    expect(claimed()).toEqual(["site2", "site3", "site4"]);
  });

  it("knows its own claim again when the answer to it was lost", async () => {
    let lost = false;
    server.instead = ({ method, body }) => {
      if (method !== "POST" || lost) return undefined;
      lost = true;
      server.object = JSON.parse(body) as ClaimServer["object"];
      return null;
    };
    await provider.create(inputs);
    expect(calls()).toEqual(["GET", "POST", "GET"]);
  });

  it("waits out a server in trouble", async () => {
    let troubles = 2;
    server.instead = () => (troubles-- > 0 ? { status: 503 } : undefined);
    await provider.create(inputs);
    expect(claimed()).toEqual(["site2"]);
  });

  it("ends with what to do where the API does not answer, within its time", async () => {
    const begin = Date.now();
    await expect(provider.create({ ...inputs, client: nowhere })).rejects.toThrow(
      /The cluster's API at http:\/\/127\.0\.0\.1:1 does not answer \(.*\), so talos-cloud-edge:sites\[0\] cannot join; see that this computer is in the cluster's tailnet and that the cluster's own stack is up, and run it again\.$/,
    );
    expect(Date.now() - begin).toBeLessThan(5000);
  });

  it("fails at once where the API refuses", async () => {
    server.instead = () => ({ status: 403, body: { message: "configmaps is forbidden" } });
    await expect(provider.create(inputs)).rejects.toThrow(
      "The list of sites (ConfigMap kube-system/talos-cloud-edge-sites) is refused: HTTP 403: configmaps is forbidden.",
    );
    expect(calls()).toEqual(["GET"]);
  });

  it("says so where others never let it through", async () => {
    server.instead = ({ method }) => (method === "POST" ? { status: 409 } : undefined);
    await expect(provider.create(inputs)).rejects.toThrow("Other stacks keep changing the list of sites");
  });
});

describe("reading, comparing and updating a claim", () => {
  it("takes over what somebody changed, and knows a claim that was taken away", async () => {
    await provider.create(inputs);
    expect(await provider.read("site2", inputs)).toEqual({ id: "site2", props: inputs });
    server.object = {
      ...server.object,
      metadata: { name: "x", resourceVersion: "9" },
      data: { site2: '{"owner":"o2","cidr":"10.0.77.0/24"}' },
    };
    expect((await provider.read("site2", inputs)).props).toMatchObject({ cidr: "10.0.77.0/24", nodes: [] });
    server.object.data = { site2: '{"owner":"o9"}' };
    expect((await provider.read("site2", inputs)).id).toBe("");
    expect(await provider.read("site2", { ...inputs, client: nowhere })).toMatchObject({ id: "site2" });
    expect(provider.output()).toContain("site2: the API server is out of reach");
  });

  it.each<[string, Record<string, unknown>, boolean, string[]]>([
    ["nothing", {}, false, []],
    ["its place in the config", { field: "talos-cloud-edge:sites[1]" }, false, []],
    ["a range", { cidr: "10.0.77.0/24" }, true, []],
    ["the client", { client: nowhere }, true, []],
    ["the owner", { owner: "o9" }, true, ["owner"]],
    ["the name", { site: "site9" }, true, ["site"]],
  ])("sees what changes: %s", async (_what, change, changes, replaces) => {
    expect(await provider.diff("site2", inputs, { ...inputs, ...change })).toEqual({
      changes,
      replaces,
      deleteBeforeReplace: true,
    });
  });

  it("looks for collisions again when the site changes", async () => {
    await provider.create(claimOf(3));
    await provider.create(inputs);
    const mac = "52:54:00:00:03:03";
    await expect(
      provider.update("site2", inputs, { ...inputs, nodes: [{ name: "talos-site2", mac }] }),
    ).rejects.toThrow(
      `talos-cloud-edge:sites[0].nodes[0].mac is ${mac}, which the site site3 (stack acme/p/edge3) has already; write another MAC address.`,
    );
    const moved = { ...inputs, cidr: "10.0.77.0/24" };
    expect(await provider.update("site2", inputs, moved)).toEqual(moved);
    expect(server.object?.data?.site2).toContain("10.0.77.0/24");
  });
});

describe("giving a claim up", () => {
  it("takes it out of the list, and the list away with the last", async () => {
    await provider.create(inputs);
    await provider.create(claimOf(3));
    await provider.delete("site2", inputs);
    expect(claimed()).toEqual(["site3"]);
    await provider.delete("site3", claimOf(3));
    expect(server.object).toBeUndefined();
    expect(server.received.at(-1)).toMatchObject({ method: "DELETE" });
  });

  it("leaves a claim alone that is another's by now, and is done where there is none", async () => {
    await provider.create(claimOf(2, { owner: "o9" }));
    await provider.delete("site2", inputs);
    expect(claimed()).toEqual(["site2"]);
    await provider.delete("site7", claimOf(7));
    server.object = undefined;
    await provider.delete("site2", inputs);
  });

  it("goes on, and says so, when the API stays out of reach", async () => {
    const begin = Date.now();
    await provider.delete("site2", { ...inputs, client: nowhere });
    expect(Date.now() - begin).toBeLessThan(5000);
    expect(provider.output()).toContain(
      "going on without giving up the site's claim. If the cluster lives on, remove it",
    );
    expect(provider.output()).toContain(
      `kubectl --namespace kube-system patch configmap talos-cloud-edge-sites --type json --patch '[{"op":"remove","path":"/data/site2"}]'`,
    );
  });
});

describe("the guard before a cluster's destruction", () => {
  const state = () => ({ clusterName: "setup02", owner: "o1", client: inputs.client });

  it("does nothing until then", async () => {
    expect(await guard.create(state())).toEqual({ id: "setup02", outs: state() });
    expect(await guard.diff("setup02", state(), state())).toMatchObject({ changes: false });
    expect(await guard.diff("setup02", state(), { ...state(), client: nowhere })).toMatchObject({
      changes: true,
      replaces: [],
    });
    expect(server.received).toEqual([]);
  });

  it("refuses while sites of other stacks are left, and says how to go on", async () => {
    await provider.create(claimOf(1));
    await provider.create(inputs);
    await provider.create(claimOf(3));
    await expect(guard.delete("setup02", state())).rejects.toThrow(
      "The cluster setup02 still has the site site2 (stack acme/p/edge2), the site site3 (stack acme/p/edge3); destroy each of these stacks " +
        "first. To leave them behind instead, delete the list of them and destroy again: " +
        "kubectl --namespace kube-system delete configmap talos-cloud-edge-sites",
    );
  });

  it("lets a cluster go that has its own sites only, none, or no API any more", async () => {
    await guard.delete("setup02", state());
    await provider.create(claimOf(1));
    await guard.delete("setup02", state());
    await guard.delete("setup02", { ...state(), client: nowhere });
    expect(guard.output()).toContain("going on without asking whether other stacks' sites are left");
  });
});
