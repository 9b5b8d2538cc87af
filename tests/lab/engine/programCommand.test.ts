import { basename, dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { outcomeOf, programCommand, type ProgramRun } from "../../../lab/engine/programCommand";

const root = join(__dirname, "..", "..", "..");

const run: ProgramRun = {
  engine: "127.0.0.1:1",
  monitor: "127.0.0.1:2",
  organization: "organization",
  project: "talos-cloud-edge",
  stack: "lab",
  rootDirectory: root,
  programDirectory: root,
  entryPoint: ".",
  arguments: [],
  dryRun: false,
  parallel: 8,
  config: { "a:b": "1" },
  secretKeys: ["a:b"],
  options: { typescript: true },
};

describe("programCommand", () => {
  it("runs the program's own SDK with all that the engine said", () => {
    const { args, env, cwd } = programCommand(run, { PATH: "/bin" });
    const script = args[0] ?? "";
    expect([basename(dirname(script)), basename(script)]).toEqual(["cmd", "run"]);
    expect(args.slice(1).join(" ")).toBe(
      `--organization organization --project talos-cloud-edge --stack lab --root-directory ${root} --pwd ${root} ` +
        "--monitor 127.0.0.1:2 --engine 127.0.0.1:1 --parallel 8 .",
    );
    expect(cwd).toBe(root);
    expect(env).toEqual({
      PATH: "/bin",
      PULUMI_CONFIG: '{"a:b":"1"}',
      PULUMI_CONFIG_SECRET_KEYS: '["a:b"]',
      PULUMI_NODEJS_TYPESCRIPT: "true",
      PULUMI_NODEJS_TRANSPILE_ONLY: "true",
    });
  });

  it("says a dry run, node's arguments and the program's own", () => {
    const { args, env } = programCommand(
      {
        ...run,
        dryRun: true,
        entryPoint: "main.js",
        arguments: ["x"],
        options: { typescript: false, nodeargs: "--a  --b=1" },
      },
      {},
    );
    expect(args.slice(0, 2)).toEqual(["--a", "--b=1"]);
    expect(args).toContain("--dry-run");
    expect(args.slice(-2)).toEqual(["main.js", "x"]);
    expect(env["PULUMI_NODEJS_TYPESCRIPT"]).toBe("false");
  });
});

describe("outcomeOf", () => {
  it.each([
    [0, null, { bail: false }],
    [32, null, { bail: true }],
    [1, null, { bail: false, error: "The program exited with code 1." }],
    [null, "SIGKILL" as const, { bail: false, error: "The program was ended by SIGKILL." }],
  ])("exit code %s, signal %s", (code, signal, outcome) => {
    expect(outcomeOf(code, signal)).toEqual(outcome);
  });
});
