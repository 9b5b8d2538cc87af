import * as http from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { BridgedProvider } from "../../../lab/plugins/bridged";
import { GcpProvider } from "../../../lab/plugins/gcp/provider";
import { EngineLog } from "../../../lab/plugins/protocol/engineLog";
import { engineAddress } from "../../../lab/plugins/protocol/serve";
import type { Properties } from "../../../lab/plugins/protocol/values";
import { characters, identifier } from "../../../lab/plugins/random/generate";
import { RandomProvider } from "../../../lab/plugins/random/provider";
import { TailscaleProvider } from "../../../lab/plugins/tailscale/provider";
import { callWorld } from "../../../lab/plugins/world";

const run = { preview: false, signal: new AbortController().signal, log: new EngineLog(undefined) };

interface Seen {
  method: string;
  path: string;
  headers: http.IncomingHttpHeaders;
  body: Properties;
}

let server: http.Server;
let seen: Seen[];
let answer: (request: Seen) => [number, unknown];
let url: string;
let parse: (body: string) => Properties;

beforeEach(async () => {
  seen = [];
  answer = () => [200, {}];
  parse = (body) => JSON.parse(body || "{}") as Properties;
  server = http.createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const body = parse(Buffer.concat(chunks).toString());
      const call = { method: request.method ?? "", path: request.url ?? "", headers: request.headers, body };
      seen.push(call);
      const [status, result] = answer(call);
      response.writeHead(status, { "content-type": "application/json", connection: "close" });
      response.end(JSON.stringify(result));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  process.env.LAB_WORLD = url;
});
afterEach(() => {
  delete process.env.LAB_WORLD;
  server.close();
});

describe("calls to the world", () => {
  it("give the result, or the world's own words", async () => {
    answer = ({ path }) =>
      path === "/rpc/gcp.read" ? [200, { result: { a: 1 } }] : [400, { error: { message: "name taken" } }];
    await expect(callWorld("gcp.read", { id: "x" })).resolves.toEqual({ a: 1 });
    await expect(callWorld("gcp.create", {})).rejects.toThrow("name taken");
    expect(seen).toHaveLength(2);
  });

  it("are made again when the world is too busy, and not after a wait of its own", async () => {
    answer = () => (seen.length === 1 ? [503, {}] : [200, { result: null }]);
    await expect(callWorld("gcp.delete", {})).resolves.toBeNull();
    expect(seen).toHaveLength(2);
    answer = () => [504, { error: { message: "node does not answer" } }];
    await expect(callWorld("talos.apply", {})).rejects.toThrow("node does not answer");
    expect(seen).toHaveLength(3);
  });

  it("say that they need the lab", async () => {
    delete process.env.LAB_WORLD;
    await expect(callWorld("gcp.read", {})).rejects.toThrow("this plugin only works inside the lab");
  });
});

describe("gcp", () => {
  const network = { urn: "urn:n", name: "vpc", type: "gcp:compute/network:Network" };

  it("makes a name up once, keeps it, and does not send its own notes", async () => {
    const gcp = new GcpProvider();
    const { inputs } = await gcp.check(network, {}, {}, Buffer.from("seed"));
    expect(inputs.name).toMatch(/^vpc-[0-9a-f]{7}$/);
    expect((await gcp.check(network, inputs, {}, Buffer.from("other"))).inputs).toEqual(inputs);
    answer = () => [200, { result: { id: "n1", outputs: { selfLink: "https://x" } } }];
    const created = await gcp.create(network, inputs, run);
    expect(created).toEqual({ id: "n1", outputs: { name: inputs.name, selfLink: "https://x" } });
    expect(seen[0]?.body).toMatchObject({ token: network.type, inputs: { name: inputs.name } });
    expect(seen[0]?.body.inputs).not.toHaveProperty("__defaults");
  });

  it("deletes first where the name is given, and reads what is gone as gone", async () => {
    const gcp = new GcpProvider();
    const known = { id: "n1", inputs: { name: "vpc", mtu: 1460 }, outputs: {} };
    const result = await gcp.diff(network, known, { name: "vpc", mtu: 1500 });
    expect(result).toEqual({ changes: [{ path: "mtu", kind: "update", replaces: true }], deleteBeforeReplace: true });
    answer = () => [200, { result: null }];
    await expect(gcp.read(network, known, run)).resolves.toBeUndefined();
  });

  it("knows no type that the package does not have", async () => {
    const ship = { urn: "urn:s", name: "s", type: "gcp:compute/spaceship:Spaceship" };
    await expect(new GcpProvider().check(ship, {}, {}, Buffer.alloc(0))).rejects.toThrow(
      "There is no resource type gcp:compute/spaceship:Spaceship in version 9.37.0 of its package.",
    );
  });
});

describe("tailscale", () => {
  const key = { urn: "urn:k", name: "k", type: "tailscale:index/tailnetKey:TailnetKey" };
  const configured = async (config: Properties = { apiKey: "tskey-api-x" }) => {
    const tailscale = new TailscaleProvider();
    await tailscale.configure({ baseUrl: url, ...config });
    return tailscale;
  };

  it("asks for a key with its capabilities, and keeps it secret", async () => {
    answer = () => [200, { id: "k1", key: "tskey-auth-1", created: "2025-01-01T00:00:00Z" }];
    const inputs = { reusable: false, preauthorized: true, tags: ["tag:k8s"], expiry: 3600, description: "d" };
    const { id, outputs } = await (await configured()).create(key, inputs, run);
    expect(id).toBe("k1");
    expect(outputs.key).toMatchObject({ value: "tskey-auth-1" });
    expect(seen[0]).toMatchObject({
      method: "POST",
      path: "/api/v2/tailnet/-/keys",
      headers: { authorization: "Bearer tskey-api-x" },
      body: {
        capabilities: {
          devices: { create: { reusable: false, ephemeral: false, preauthorized: true, tags: ["tag:k8s"] } },
        },
        expirySeconds: 3600,
        description: "d",
      },
    });
  });

  it.each([
    [{ reusable: false }, [200, { invalid: true }], "kept"],
    [{ reusable: true }, [200, { invalid: true }], "gone"],
    [{ reusable: true, recreateIfInvalid: "never" }, [200, { invalid: true }], "kept"],
    [{ reusable: false }, [404, { message: "not found" }], "gone"],
  ] as [Properties, [number, unknown], string][])(
    "reads the key %j, answered %j, as %s",
    async (inputs, given, expected) => {
      answer = () => given;
      const found = await (await configured()).read(key, { id: "k1", inputs, outputs: { ...inputs, key: "s" } });
      expect(found ? "kept" : "gone").toBe(expected);
    },
  );

  it("deletes a key that is gone already", async () => {
    answer = () => [404, { message: "not found" }];
    await expect((await configured()).delete(key, { id: "k1", inputs: {}, outputs: {} })).resolves.toBeUndefined();
  });

  it("says what the API said", async () => {
    answer = () => [400, { message: "requested tags [tag:x] are invalid or not permitted" }];
    await expect((await configured()).create(key, {}, run)).rejects.toThrow(
      "requested tags [tag:x] are invalid or not permitted (400)",
    );
  });

  it("exchanges OAuth credentials once", async () => {
    answer = ({ path }) =>
      path.endsWith("/oauth/token") ? [200, { access_token: "at" }] : [200, { id: "k", key: "s" }];
    const tailscale = await configured({ oauthClientId: "id", oauthClientSecret: "cs" });
    // The token's request is a form, which this server cannot read.
    parse = () => ({});
    await tailscale.create(key, {}, run);
    await tailscale.create(key, {}, run);
    expect(seen.map(({ path }) => path.split("/").pop())).toEqual(["token", "keys", "keys"]);
    expect(seen[2]?.headers.authorization).toBe("Bearer at");
  });

  it("does not overwrite a policy file that somebody wrote", async () => {
    const acl = { urn: "urn:a", name: "a", type: "tailscale:index/acl:Acl" };
    answer = ({ headers }) =>
      headers["if-match"] === '"ts-default"' ? [412, { message: "precondition failed" }] : [200, {}];
    const tailscale = await configured();
    const policy = '{ // comment\n "grants": [], }';
    await expect(tailscale.create(acl, { acl: policy }, run)).rejects.toThrow("The tailnet has a policy file already.");
    await expect(tailscale.create(acl, { acl: policy, overwriteExistingContent: true }, run)).resolves.toMatchObject({
      id: "acl",
    });
    expect(seen[1]?.body).toEqual({ grants: [] });
    answer = () => [200, { grants: [] }];
    const read = await tailscale.read(acl, { id: "acl", inputs: { acl: policy }, outputs: { acl: policy } });
    expect(read?.inputs.acl).toBe(policy);
  });
});

describe("random", () => {
  it("shows an identifier in all its forms", () => {
    expect(identifier(Buffer.from([0, 255, 254, 1]), "p-")).toEqual({
      id: "AP_-AQ",
      outputs: { b64Url: "p-AP_-AQ", b64Std: "p-AP/+AQ==", hex: "p-00fffe01", dec: "p-16776705" },
    });
  });

  it("draws what is wanted of each class", () => {
    let next = 0;
    const drawn = characters({ length: 8, special: false, upper: false, minNumeric: 3 }, (limit) => next++ % limit);
    expect(drawn).toMatch(/^[a-z0-9]{8}$/);
    expect(drawn.replace(/\D/g, "").length).toBeGreaterThanOrEqual(3);
    expect(() => characters({ length: 2, minLower: 3 }, () => 0)).toThrow(
      "must not be less than the sum of the minimums (3)",
    );
  });

  it("keeps passwords secret, and draws anew when a keeper changes", async () => {
    const random = new RandomProvider();
    const password = { urn: "urn:p", name: "p", type: "random:index/randomPassword:RandomPassword" };
    const { outputs } = await random.create(password, { length: 12 }, run);
    expect(outputs.result).toMatchObject({ "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270" });
    const known = { id: "none", inputs: { length: 12, keepers: { a: "1" } }, outputs: {} };
    const { changes } = await random.diff(password, known, { length: 12, keepers: { a: "2" } });
    expect(changes).toEqual([{ path: "keepers.a", kind: "update", replaces: true }]);
  });
});

describe("Terraform providers", () => {
  const parameter = (version: string) =>
    Buffer.from(JSON.stringify({ remote: { url: "registry/siderolabs/talos", version } }));

  it("takes the version from the parameter", async () => {
    const bridged = new BridgedProvider();
    await expect(bridged.parameterize("talos", "1.1.3", parameter("0.11.0"))).resolves.toEqual({
      name: "talos",
      version: "0.11.0",
    });
  });

  it("has talos and libvirt and nothing else", async () => {
    await expect(new BridgedProvider().parameterize("aws", "1.0.0", Buffer.from("{}"))).rejects.toThrow(
      "The lab has no Terraform provider aws 1.0.0; it has talos and libvirt, as in sdks/schemas.",
    );
    expect(() => new BridgedProvider().configure({})).toThrow(
      "The engine did not say which Terraform provider it wants.",
    );
  });
});

it("finds the engine's address among its flags", () => {
  expect(engineAddress(["--logtostderr", "-v=9", "--tracing", "tcp://x", "127.0.0.1:5"])).toBe("127.0.0.1:5");
  expect(engineAddress([])).toBeUndefined();
});
