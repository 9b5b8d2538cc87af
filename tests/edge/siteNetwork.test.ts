import { spawn, spawnSync } from "node:child_process";
import { chmodSync, existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { hostNetwork } from "../../components/edge/hostNetwork";
import { failure, shellCommand } from "../../components/edge/hostShell";
import { sitePlan } from "../../components/edge/plan";
import { siteNetworkProvider, type SiteNetworkInputs, type SiteNetworkState } from "../../components/edge/siteNetwork";
import { cluster, site } from "./fixtures";
import { testHost, type TestHost } from "./host";

const inputs: SiteNetworkInputs = { ...hostNetwork(sitePlan(cluster, site())), host: "root@kvm.example.com" };
const state: SiteNetworkState = { ...inputs, drift: [] };

/** Fails as often as the file says, with the words of another file; then runs the command as sshd would. */
const ssh = `#!/bin/sh
echo "$*" >>"$STATE/ssh.log"
left=$(cat "$STATE/failures" 2>/dev/null || echo 0)
if [ "$left" -gt 0 ]; then echo $((left - 1)) >"$STATE/failures"; cat "$STATE/words" >&2; exit 255; fi
for command; do :; done
exec sh -c "$command"
`;

let text = "";
beforeAll(() => {
  const ended = spawnSync(process.execPath, [join(__dirname, "serialise.mjs")], { encoding: "utf8" });
  expect(ended.stderr).toBe("");
  text = ended.stdout;
});

let host: TestHost;
beforeEach(() => {
  host = testHost();
  const bin = join(host.root, "../bin");
  for (const [name, script] of Object.entries({ ssh, sudo: '#!/bin/sh\nshift\nexec "$@"\n' })) {
    writeFileSync(join(bin, name), script);
    chmodSync(join(bin, name), 0o755);
  }
  writeFileSync(join(bin, "provider.cjs"), text);
});
afterEach(() => {
  host.close();
});

/** Calls the serialised provider in a process of its own, as Pulumi does. */
async function call(method: string, ...args: unknown[]): Promise<unknown> {
  const code = `
    const provider = require(process.argv[1]).handler();
    provider[process.argv[2]](...JSON.parse(process.argv[3])).then(
      (result) => console.log(JSON.stringify({ result })),
      (error) => console.log(JSON.stringify({ error: error.message })));`;
  const file = join(host.root, "../bin/provider.cjs");
  const child = spawn(process.execPath, ["-e", code, file, method, JSON.stringify(args)], { env: host.env });
  let stdout = "";
  child.stdout.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
  await new Promise((resolve) => child.on("close", resolve));
  const answer = JSON.parse(stdout) as { result?: unknown; error?: string };
  if (answer.error !== undefined) throw new Error(answer.error);
  return answer.result;
}

const tries = () => (host.state("ssh.log") ?? "").trim().split("\n").length;

describe("the serialised provider", () => {
  it("sets up, finds drift, repairs it and takes all away over SSH", async () => {
    expect(await call("create", inputs)).toEqual({ id: "root@kvm.example.com/setup02-edge", outs: state });
    expect(Object.keys(host.files())).toHaveLength(inputs.files.length);
    const [line = ""] = (host.state("ssh.log") ?? "").split("\n");
    expect(line).toMatch(/^-o BatchMode=yes -o ConnectTimeout=15 .*-- root@kvm\.example\.com sh -c /);
    expect(line).not.toContain("add-br");

    expect(await call("read", "id", state)).toEqual({ id: "id", props: state });
    rmSync(join(host.root, "../state/active", inputs.units.dhcp));
    const drifted = { ...state, drift: [`${inputs.units.dhcp} is inactive.`] };
    expect(await call("read", "id", state)).toEqual({ id: "id", props: drifted });
    expect(await call("diff", "id", drifted, inputs)).toMatchObject({ changes: true, replaces: [] });
    expect(await call("update", "id", drifted, inputs)).toEqual({ outs: state });
    expect(await call("read", "id", state)).toEqual({ id: "id", props: state });

    await call("delete", "id", state);
    expect(host.files()).toEqual({});
    expect(await call("read", "id", state)).toEqual({});
    await call("delete", "id", state);
  });

  it("tries a lost connection again", async () => {
    host.setState("failures", "2");
    host.setState("words", "ssh: connect to host kvm.example.com port 22: Connection timed out\n");
    await call("create", inputs);
    expect(tries()).toBe(3);
  });

  it("says where it could not get and what to do", async () => {
    host.setState("failures", "9");
    host.setState("words", "Warning: a key was added.\nroot@kvm.example.com: Permission denied (publickey).\n");
    await expect(call("create", inputs)).rejects.toThrow(
      "Cannot set up the network of setup02-edge on root@kvm.example.com: SSH does not get there (Warning: a key was added.; " +
        "root@kvm.example.com: Permission denied (publickey).); make `ssh -o BatchMode=yes root@kvm.example.com true` succeed and try again.",
    );
    expect(tries()).toBe(1);
  });

  it("hands on what the script says", async () => {
    host.uninstall("nft");
    await expect(call("create", inputs)).rejects.toThrow(
      "Cannot set up the network of setup02-edge on root@kvm.example.com (exit code 3): " +
        "This host lacks nft (package nftables): install what is missing and try again.",
    );
    expect(tries()).toBe(1);
  });

  it("needs no ssh on this machine", async () => {
    rmSync(join(host.root, "../bin/ssh"));
    await call("create", { ...inputs, host: "local" });
    expect(Object.keys(host.files())).toHaveLength(inputs.files.length);
    expect(existsSync(join(host.root, "../state/ssh.log"))).toBe(false);
  });

  it("holds no path of the machine it was written on", () => {
    expect(text).not.toContain(join(__dirname, "../.."));
    expect(readFileSync(join(host.root, "../bin/provider.cjs"), "utf8")).toContain("createHash");
  });
});

describe("diff", () => {
  const diff = (changed: Partial<SiteNetworkInputs>, olds = state) =>
    siteNetworkProvider.diff("id", olds, { ...inputs, ...changed });

  it("finds nothing in the same inputs, in whatever order their keys come", async () => {
    const shuffled = Object.fromEntries(Object.entries(state).reverse()) as unknown as SiteNetworkState;
    expect(await diff({}, shuffled)).toEqual({ changes: false, replaces: [], deleteBeforeReplace: true });
  });

  it.each([
    [{ bridge: "br-edge" }, ["bridge"]],
    [{ cidr: "10.0.30.0/24" }, ["cidr"]],
    [{ host: "root@other" }, ["host"]],
    [{ files: [] }, []],
  ])("for %o replaces on %o", async (changed, replaces) => {
    expect(await diff(changed)).toEqual({ changes: true, replaces, deleteBeforeReplace: true });
  });
});

describe("failure", () => {
  it.each([
    [
      "local",
      { code: 1, stderr: "sudo: a password is required\n" },
      "Cannot look on this machine: it needs root (sudo: a password is required); log in as root or allow sudo without a password there.",
    ],
    ["local", { code: 255, stderr: "" }, "Cannot look on this machine (exit code 255): nothing was said"],
    ["root@a", { code: 1, stderr: "1\n2\n\n3\n4\n5\n" }, "Cannot look on root@a (exit code 1): 2; 3; 4; 5"],
  ])("on %s with %o", (where, ended, sentence) => {
    expect(failure(where, "look", { stdout: "", ...ended })).toBe(sentence);
  });

  it("never lets a host be taken for an option", () => {
    const { args } = shellCommand("root@kvm");
    expect(args[args.indexOf("root@kvm") - 1]).toBe("--");
  });
});
