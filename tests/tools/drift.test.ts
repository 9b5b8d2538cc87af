import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { execFileSync, spawnSync } from "node:child_process";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { findings, refreshArguments, report, verdict } from "../../tools/drift.mjs";
import { issueCommand, title } from "../../tools/drift-issue.mjs";

const tools = join(__dirname, "..", "..", "tools");
const urn = (type: string, name: string): string => `urn:pulumi:dev::talos-cloud-edge::a:b:C$${type}::${name}`;
const event = (op: string, type: string, name: string, states: object = {}): string =>
  JSON.stringify({ timestamp: 1, resOutputsEvent: { metadata: { op, urn: urn(type, name), ...states } } });

const gone = event("delete", "gcp:compute/instance:Instance", "worker-1");
const same = event("same", "gcp:compute/network:Network", "vpc");
const changed = event("update", "gcp:compute/firewall:Firewall", "allow", {
  old: { inputs: { name: "allow", sourceRanges: ["10.0.0.0/8"], __defaults: [] } },
  new: { inputs: { name: "allow", sourceRanges: ["0.0.0.0/0"], __defaults: ["x"] } },
});
const host = event("update", "pulumi-nodejs:dynamic/talos-cloud-edge:SiteNetwork", "edge", {
  new: { inputs: {}, outputs: { drift: ["The bridge b is missing.", "u.service is failed."] } },
});
const broken = JSON.stringify({
  timestamp: 1,
  diagnosticEvent: { severity: "error", message: "<{%reset%}>no credentials<{%reset%}>\n" },
});

describe("what a refresh found", () => {
  it("is said in words, without any value", () => {
    const said = findings(["not an event", gone, same, changed, host].join("\n"));
    expect(said.drift).toEqual([
      "Firewall `allow` was changed: sourceRanges.",
      "Instance `worker-1` is gone.",
      "SiteNetwork `edge`: The bridge b is missing. u.service is failed.",
    ]);
  });

  it.each([
    ["nothing", 0, same, [], undefined],
    ["drift", 7, gone, ["Instance `worker-1` is gone."], undefined],
    ["an error", 255, broken, [], "no credentials"],
    ["an error after drift", 255, `${gone}\n${broken}`, ["Instance `worker-1` is gone."], "no credentials"],
    ["changes that no event names", 7, same, [], "exit code 7"],
  ])("%s", (_what, code, stdout, drift, failure) => {
    expect(verdict({ stack: "dev", code, stdout, stderr: "" })).toEqual({ stack: "dev", drift, failure });
  });

  it("becomes a report that says what was not looked at", () => {
    const verdicts = [
      { stack: "dev", drift: ["Instance `a` is gone."], failure: undefined },
      { stack: "edge", drift: [], failure: undefined },
      { stack: "site2", drift: [], failure: "no stack named 'site2' found" },
    ];
    expect(report(verdicts, ["sites"])).toBe(
      [
        "### dev\n\n- Instance `a` is gone.",
        "### edge\n\nAs the last update left it.",
        "### site2\n\nCould not be looked at in full:\n\n```text\nno stack named 'site2' found\n```",
        "Not looked at, as this run does not reach them: the KVM hosts and the machines on them.\n",
      ].join("\n\n"),
    );
  });

  it("leaves out used keys, and the places that cannot be reached", () => {
    expect(refreshArguments("dev", [])).toEqual(
      expect.arrayContaining(["--preview-only", "--expect-no-changes", "**tailscale:index/tailnetKey:TailnetKey**"]),
    );
    expect(refreshArguments("dev", ["sites"])).toEqual(expect.arrayContaining(["**edge:EdgeNode**"]));
  });

  it("refuses to leave out a place that it does not know", () => {
    const ended = spawnSync(process.execPath, [join(tools, "drift.mjs"), "--without", "moon"], { encoding: "utf8" });
    expect(ended.stderr).toBe("There is no place moon to leave out; write sites or cluster.\n");
    expect(ended.status).toBe(2);
  });
});

describe("the issue", () => {
  it.each<[string, string, number | undefined, string[] | undefined]>([
    ["none, and nothing to say", "0", undefined, undefined],
    ["is closed when all is well", "0", 7, ["issue", "close", "7", "--comment", "Found as it should be."]],
    ["is opened", "1", undefined, ["issue", "create", "--title", title, "--body-file", "-"]],
    ["is brought up to date", "1", 7, ["issue", "edit", "7", "--body-file", "-"]],
    ["stays when a stack could not be looked at", "2", 7, ["issue", "edit", "7", "--body-file", "-"]],
  ])("%s", (_what, code, open, command) => {
    expect(issueCommand(code, open)).toEqual(command);
  });

  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "drift-"));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  it("is the one with the very title, and gets the report", () => {
    const others = JSON.stringify([
      { number: 3, title: `${title} again` },
      { number: 9, title },
    ]);
    const gh = `#!/bin/sh\ncase "$2" in list) echo '${others}' ;; *) echo "$*" > '${folder}/called'; cat >> '${folder}/called' ;; esac\n`;
    writeFileSync(join(folder, "gh"), gh);
    chmodSync(join(folder, "gh"), 0o755);
    writeFileSync(join(folder, "report.md"), "- Instance `a` is gone.\n");
    execFileSync(process.execPath, [join(tools, "drift-issue.mjs"), "1", join(folder, "report.md")], {
      env: { ...process.env, PATH: `${folder}${delimiter}${process.env.PATH ?? ""}` },
    });
    expect(readFileSync(join(folder, "called"), "utf8")).toMatch(
      /^issue edit 9 --body-file -\n- Instance `a` is gone\.\n/,
    );
  });
});
