import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { PassThrough } from "node:stream";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { findBinaries } from "../../../lab/engine/binaries";
import { buildPrograms, type GoBuild } from "../../../lab/engine/build";
import { Console } from "../../../lab/engine/console";

let folder: string;
let cached: string;
let printed: string;
let console_: Console;
let build: GoBuild;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "build-"));
  cached = join(folder, "cache", "tool-v1.0.0");
  printed = "";
  const out = new PassThrough();
  out.on("data", (chunk: Buffer) => (printed += chunk.toString()));
  console_ = new Console(out as unknown as NodeJS.WriteStream, false);
  build = {
    name: "tool",
    title: "the tool",
    version: "v1.0.0",
    module: folder,
    programs: { tool: "example.com/tool" },
    stamps: { "main.v": "v1.0.0" },
  };
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

/** A `go` whose `list` and `build` are these shell lines. `$out` is where the binary belongs; `log` gets each call. */
function fakeGo(list: string, build: string): NodeJS.ProcessEnv {
  const bin = script(
    "go",
    `echo "$@" >> '${folder}/log'
for argument; do out=$last; last=$argument; done
case $1 in list) ${list};; build) ${build};; esac`,
  );
  return { PATH: [bin, process.env["PATH"]].join(delimiter) };
}

function script(name: string, text: string): string {
  const bin = join(folder, "bin");
  mkdirSync(bin, { recursive: true });
  writeFileSync(join(bin, name), `#!/bin/sh\n${text}\n`);
  chmodSync(join(bin, name), 0o755);
  return bin;
}

function calls(): string[] {
  return readFileSync(join(folder, "log"), "utf8").trim().split("\n");
}

const writesBinary = `echo binary > "$out/tool"; chmod +x "$out/tool"`;

describe("buildPrograms", () => {
  it("builds to its place, stamped with the version, and leaves nothing else", async () => {
    await buildPrograms(build, cached, console_, fakeGo("true", writesBinary));
    expect(readFileSync(join(cached, "tool"), "utf8")).toBe("binary\n");
    expect(readdirSync(cached)).toEqual(["tool"]);
    expect(readdirSync(join(folder, "cache"))).toEqual(["tool-v1.0.0"]);
    expect(calls()[1]).toContain("-ldflags -s -w -X main.v=v1.0.0");
    expect(printed).toContain("Building the tool v1.0.0 from its Go module");
  });

  it("gives each program of a module its name, whatever Go calls it", async () => {
    const programs = { etcd: "example.com/server/v3", other: "./other" };
    const env = fakeGo(
      "true",
      'cd "$(dirname "$cached")/tool-v1.0.0.tmp"; echo 1 > server; echo 2 > other; chmod +x *',
    );
    await buildPrograms({ ...build, programs }, cached, console_, { ...env, cached });
    expect(readdirSync(cached)).toEqual(["etcd", "other"]);
    expect(calls()[1]).toMatch(/example\.com\/server\/v3 \.\/other$/);
  });

  it("lets one of two builders build, and the other wait for it", async () => {
    const env = fakeGo("sleep 0.3", writesBinary);
    await Promise.all([buildPrograms(build, cached, console_, env), buildPrograms(build, cached, console_, env)]);
    expect(calls()).toHaveLength(2);
    expect(printed).toContain(`Process ${process.pid} is building the tool; waiting for it.`);
  });

  it("tries again where the network failed", async () => {
    const list = `if [ ! -e '${folder}/tried' ]; then touch '${folder}/tried'; echo 'dial tcp: i/o timeout' >&2; exit 1; fi`;
    await buildPrograms(build, cached, console_, fakeGo(list, writesBinary), 1);
    expect(calls().map((call) => call.split(" ")[0])).toEqual(["list", "list", "build"]);
  });

  it("gives up on a network that stays away, and says what Go said", async () => {
    const env = fakeGo("echo 'dial tcp: i/o timeout' >&2; exit 1", writesBinary);
    await expect(buildPrograms(build, cached, console_, env, 1)).rejects.toThrow(
      "Go could not fetch the tool (exit code 1). It said:\n  dial tcp: i/o timeout",
    );
    expect(calls()).toHaveLength(4);
  });

  it("leaves no half a binary behind a failed build, nor its lock", async () => {
    const env = fakeGo("true", `echo half > "$out/tool"; echo 'undefined: x' >&2; exit 2`);
    await expect(buildPrograms(build, cached, console_, env)).rejects.toThrow(
      "Go could not build the tool (exit code 2)",
    );
    expect(readdirSync(join(folder, "cache"))).toEqual([]);
  });

  it("says that Go is missing", async () => {
    await expect(buildPrograms(build, cached, console_, { PATH: "/nonexistent" })).rejects.toThrow(
      "Go is needed to build the tool, and `go` is not on PATH.",
    );
  });
});

describe("findBinaries", () => {
  function installPulumi(version: string): NodeJS.ProcessEnv {
    const bin = script("pulumi", `echo ${version}`);
    script("pulumi-language-nodejs", "");
    script("pulumi-resource-pulumi-nodejs", "");
    const cache = join(folder, "cache");
    for (const [name, cached] of [["pulumi", "v3.250.0"] as const, ["talosctl", "v1.12.0"] as const]) {
      mkdirSync(join(cache, `${name}-${cached}`), { recursive: true });
      writeFileSync(join(cache, `${name}-${cached}`, name), "", { mode: 0o755 });
    }
    return { PATH: [bin, "/bin", "/usr/bin"].join(delimiter), TALOS_CLOUD_EDGE_CACHE: cache };
  }

  it("takes an installed Pulumi that is new enough", async () => {
    const env = installPulumi("v3.255.0");
    expect(await findBinaries(console_, env)).toEqual({
      pulumi: join(folder, "bin", "pulumi"),
      talosctl: join(folder, "cache", "talosctl-v1.12.0", "talosctl"),
      bringsLanguageHost: true,
    });
  });

  it.each([
    ["is too old", "v3.100.0", false],
    ["brings no language host", "v3.255.0", true],
  ])("takes the cached one where the installed one %s", async (_why, version, withoutHost) => {
    const env = installPulumi(version);
    if (withoutHost) rmSync(join(folder, "bin", "pulumi-language-nodejs"));
    expect(await findBinaries(console_, env)).toMatchObject({
      pulumi: join(folder, "cache", "pulumi-v3.250.0", "pulumi"),
      bringsLanguageHost: false,
    });
  });

  it("takes the binaries that the environment names", async () => {
    const bin = script("own", "");
    const env = { LAB_PULUMI: join(bin, "own"), LAB_TALOSCTL: "/own/talosctl" };
    expect(await findBinaries(console_, env)).toEqual({
      pulumi: join(bin, "own"),
      talosctl: "/own/talosctl",
      bringsLanguageHost: false,
    });
  });
});
