import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { copyFileSync, existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { WorldState } from "../../lab/world/sim/model";
import { root } from "./harness";
import { harvest } from "./secretsHarvest";
import { openWatchedLab, type Trace, type WatchedLab } from "./secretsRun";
import { type Secret, SecretSearch } from "./secretsSearch";
import { filesIn } from "./secretsWatch";

let lab: WatchedLab;

const made = (prefix: string): string => `${prefix}${randomBytes(18).toString("hex")}`;

const registryPatch = (password: string): string =>
  `machine:\n  registries:\n    config:\n      registry.lab.example:\n        auth:\n          username: lab\n          password: ${password}\n`;

async function setPatches(...patches: string[]): Promise<void> {
  await lab.engine.setSecret("talos-cloud-edge:patches", JSON.stringify({ all: patches }));
}

/** What a run has made so far. */
async function secretsMade(): Promise<Secret[]> {
  const exported = await lab.pulumi(["stack", "export", "--show-secrets"]);
  lab.traces.pop();
  // The world is written a moment after it has changed.
  await sleep(300);
  const passphrase = readFileSync(lab.folder.passphrase, "utf8");
  return [...harvest(exported.text, lab.folder.world), { name: "passphrase", value: passphrase }];
}

async function succeeds(...args: string[]): Promise<Trace> {
  const trace = await lab.pulumi(args);
  expect(trace.ok, trace.text.slice(-2000)).toBe(true);
  return trace;
}

async function fails(...args: string[]): Promise<string> {
  const trace = await lab.pulumi(args);
  expect(trace.ok, trace.text.slice(-2000)).toBe(false);
  return trace.text;
}

/** A sentence for each secret that a command said. */
function saidBy(traces: Trace[], search: SecretSearch): string[] {
  return traces.flatMap(({ command, text }) =>
    search.find(text).map(({ secret, encoding }) => `${command} says ${secret} (${encoding})`),
  );
}

/** A sentence for each file that others could read a secret in, while a command ran. */
function readableIn(traces: Trace[], search: SecretSearch): string[] {
  return traces.flatMap(({ command, files }) =>
    files.flatMap(({ path, content, open }) =>
      open ? search.find(content).map(({ secret }) => `${command} shows ${secret} in ${path}`) : [],
    ),
  );
}

function secretFilesIn(folder: string, search: SecretSearch, leftOut: string[] = []): string[] {
  return filesIn(folder, leftOut).flatMap(({ path, content }) => (search.find(content).length > 0 ? [path] : []));
}

describe("the secrets of a cluster", () => {
  /** What the user brought, in the stack's encrypted config. */
  const own: Secret[] = [
    { name: "OAuth client secret", value: made("tskey-client-lab-") },
    { name: "password in a patch", value: made("") },
    { name: "password in a second patch", value: made("") },
    { name: "password in a patch that Talos refuses", value: made("") },
    { name: "OAuth client secret that Tailscale refuses", value: made("tskey-client-wrong-") },
  ];
  const [client, password, second, refused, wrongClient] = own.map(({ value }) => value) as [
    string,
    string,
    string,
    string,
    string,
  ];
  let generated: Secret[];
  let search: SecretSearch;
  let leftByKill: string[];

  beforeAll(async () => {
    lab = await openWatchedLab();
    await setClient();
    await setPatches(registryPatch(password));
  });

  /** An OAuth client in place of the key that the lab's config shows to everybody. */
  async function setClient(): Promise<void> {
    lab.engine.setConfig("tailscale:apiKey", undefined);
    lab.engine.setConfig("tailscale:oauthClientId", "klab");
    await lab.engine.setSecret("tailscale:oauthClientSecret", client);
  }
  afterAll(async () => {
    await lab.close();
  });

  it("are made, shown in every view, changed, refused, cut off and destroyed", async () => {
    await succeeds("preview", "--diff");
    await succeeds("up", "--yes", "--json");
    await succeeds("stack", "output");
    await succeeds("stack", "output", "--json");
    await succeeds("stack", "export");

    await setPatches(registryPatch(password), registryPatch(second).replace("registry.", "registry2."));
    await succeeds("preview", "--diff", "--debug");
    await succeeds("preview", "--json");
    const killed = await lab.pulumi(["up", "--yes"], { killWhen: () => privateFolders().length > 0 });
    expect(killed.ok).toBe(false);
    leftByKill = privateFolders();
    // The engine's lock goes, and with it what was set in the stack's config.
    await lab.engine.prepareStack();
    await setClient();
    await setPatches(registryPatch(password), registryPatch(second).replace("registry.", "registry2."));
    await succeeds("up", "--yes", "--diff");
    await removeUserData();
    await succeeds("refresh", "--yes", "--diff");
    await succeeds("preview", "--expect-no-changes");

    await setPatches(`machine:\n  registry:\n    password: ${refused}\n`);
    expect(await fails("up", "--yes", "--diff")).toContain("registry");
    await setPatches(registryPatch(password));
    await lab.engine.setSecret("tailscale:oauthClientSecret", wrongClient);
    // A machine's next generation needs a key of its own.
    lab.engine.setConfig("talos-cloud-edge:cloud", { region: "europe-west3", workers: { count: 1, generation: 2 } });
    expect(await fails("up", "--yes", "--diff")).toContain("API token invalid");
    await lab.engine.setSecret("tailscale:oauthClientSecret", client);
    // A destroy takes the providers' settings from the state.
    await succeeds("up", "--yes");

    generated = await secretsMade();
    search = new SecretSearch([...generated, ...own]);
    await succeeds("destroy", "--yes", "--diff");
  }, 900_000);

  it("are all known to the search", () => {
    const kinds = (kind: string): number => generated.filter(({ name }) => name.startsWith(kind)).length;
    // CAs of etcd, Kubernetes, its aggregator and Talos, the service accounts' key, and the clients' keys of both APIs.
    expect(kinds("private key")).toBeGreaterThanOrEqual(7);
    // One for each machine, and one for the worker's second generation.
    expect(kinds("auth key")).toBe(4);
    expect(kinds("access token")).toBeGreaterThan(3);
    expect(generated.map(({ name }) => name)).toEqual(
      expect.arrayContaining(["cluster.secret", "secrets.bootstrapToken", "secrets.secretboxEncryptionSecret"]),
    );
  });

  it("are said by no command, in no form of output, succeeding or failing", () => {
    expect(lab.traces.length).toBeGreaterThan(10);
    expect(saidBy(lab.traces, search)).toEqual([]);
  });

  it("are in no process's arguments, and only those of the user's config in an environment", () => {
    const processes = lab.traces.flatMap((trace) => trace.processes);
    expect(processes.filter(({ command }) => command.includes("talosctl")).length).toBeGreaterThan(0);
    expect(processes.filter(({ command }) => search.find(command).length > 0)).toEqual([]);
    const inherited = processes.flatMap(({ environment }) => search.find(environment).map(({ secret }) => secret));
    // Pulumi itself hands a program and a provider their config so; the system shows it to nobody else.
    expect([...new Set(inherited)].filter((name) => !own.some((secret) => secret.name === name))).toEqual([]);
  });

  it("are in no file of the state, its backups and its history", () => {
    expect(readdirSync(join(lab.folder.state, ".pulumi"))).toEqual(
      expect.arrayContaining(["stacks", "backups", "history"]),
    );
    expect(secretFilesIn(lab.folder.state, search)).toEqual([]);
  });

  it("are in no file that others can read, and in no file that stays", () => {
    const seen = lab.traces.flatMap(({ files }) => files.filter(({ content }) => search.find(content).length > 0));
    expect(seen.map(({ path }) => path)).toEqual(
      expect.arrayContaining([expect.stringContaining("cloudinit-"), expect.stringContaining("secrets.yaml")]),
    );
    expect(readableIn(lab.traces, search)).toEqual([]);
    expect(secretFilesIn(lab.temporary, search, [lab.folder.path])).toEqual([]);
  });

  it("are cleaned away by the next run where one was killed", () => {
    expect(leftByKill).not.toEqual([]);
    expect(privateFolders()).toEqual([]);
  });

  it("are in the lab's own folder in files for its owner alone", () => {
    const files = secretFilesIn(lab.folder.path, search);
    expect(files).toContain(lab.folder.passphrase);
    expect(files.filter((file) => (statSync(file).mode & 0o077) !== 0)).toEqual([]);
  });
});

/** What `gcloud compute instances remove-metadata --keys user-data` does, for every instance. */
async function removeUserData(): Promise<void> {
  const call = async (verb: string, params: object): Promise<Record<string, Record<string, object>>> => {
    const answer = await fetch(`${lab.world.url}/rpc/gcp.${verb}`, { method: "POST", body: JSON.stringify(params) });
    const { result } = (await answer.json()) as { result: Record<string, Record<string, object>> };
    return result;
  };
  const token = "gcp:compute/instance:Instance";
  const world = JSON.parse(readFileSync(join(lab.folder.world, "world.json"), "utf8")) as WorldState;
  const instances = Object.values(world.gcp.resources).filter((resource) => resource.token === token);
  expect(instances).toHaveLength(2);
  for (const { id } of instances) {
    const { inputs = {} } = await call("read", { token, id });
    const { "user-data": removed, ...metadata } = inputs["metadata"] as Record<string, string>;
    expect(removed).toContain("machine:");
    await call("update", { token, id, inputs: { ...inputs, metadata } });
  }
}

function privateFolders(): string[] {
  return readdirSync(lab.temporary).filter((name) => name.startsWith("talos-lab-"));
}

describe("the secrets of an existing cluster", () => {
  const file = join(root, ".talos-cloud-edge", "lab", "secrets.yaml");

  afterEach(async () => {
    await lab.close();
  });

  it("lie in a private file for as long as it is read, also when the program is killed", async () => {
    lab = await openWatchedLab();
    const original = join(lab.folder.path, "secrets.yaml");
    execFileSync(lab.talosctl, ["gen", "secrets", "--output-file", original], { stdio: "ignore" });
    await lab.engine.setSecret("talos-cloud-edge:secretsYaml", readFileSync(original, "utf8"));
    await lab.pulumi(["up", "--yes"], { killWhen: () => existsSync(file) });
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(statSync(join(file, "..")).mode & 0o777).toBe(0o700);

    await lab.engine.prepareStack();
    await lab.engine.setSecret("talos-cloud-edge:secretsYaml", readFileSync(original, "utf8"));
    await succeeds("up", "--yes", "--json");
    expect(existsSync(file)).toBe(false);
    const search = new SecretSearch(await secretsMade());
    await succeeds("up", "--yes", "--json", "--expect-no-changes");
    await succeeds("destroy", "--yes", "--json");
    expect(saidBy(lab.traces, search)).toEqual([]);
    expect(readableIn(lab.traces, search)).toEqual([]);
    expect(secretFilesIn(lab.folder.state, search)).toEqual([]);
  }, 900_000);
});

describe("the passphrase", () => {
  afterEach(async () => {
    await lab.close();
  });

  it("is changed without a change of the cluster, and a further site's stack needs the same one", async () => {
    lab = await openWatchedLab();
    lab.engine.setConfig("talos-cloud-edge:sites", []);
    await succeeds("up", "--yes");
    const passphrase = made("");
    // The command rewrites the stack's config in the folder that it runs in.
    const [config, here] = [lab.folder.stackConfig("lab"), join(lab.folder.project, "Pulumi.lab.yaml")];
    copyFileSync(config, here);
    const changed = await lab.pulumi(["stack", "change-secrets-provider", "passphrase"], { input: `${passphrase}\n` });
    expect(changed.ok, changed.text).toBe(true);
    copyFileSync(here, config);

    expect(await fails("stack", "export", "--show-secrets")).toContain("incorrect passphrase");
    writeFileSync(lab.folder.passphrase, passphrase);
    await succeeds("up", "--yes", "--expect-no-changes");

    writeFileSync(lab.folder.passphrase, made(""));
    const nodes = [{ name: "talos-site2-1", mac: "52:54:00:00:03:01", ip: "10.0.21.10" }];
    const edge = await lab.beside("edge");
    edge.setConfig("talos-cloud-edge:cloudStack", "lab");
    edge.setConfig("tailscale:apiKey", "tskey-api-lab");
    edge.setConfig("talos-cloud-edge:sites", [{ name: "site2", cidr: "10.0.21.0/24", host: "root@kvm2.lab", nodes }]);
    const preview = await lab.pulumi(["preview"], { stack: "edge" });
    expect(preview.ok).toBe(false);
    expect(preview.text).toContain(
      'lab, whose output "joinBundle" cannot be decrypted; both stacks need the same passphrase, or keys that you may both decrypt with.',
    );
  }, 900_000);
});
