import { accessSync, constants, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import versions from "../../lab/engine/versions.json";

const root = join(__dirname, "..", "..");
const folder = join(root, ".github", "workflows");

interface Step {
  uses?: string;
  run?: string;
  with?: Record<string, unknown>;
  env?: Record<string, string>;
}
interface Job {
  if?: string;
  needs?: string;
  permissions?: Record<string, string>;
  concurrency?: { group: string };
  env?: Record<string, string>;
  steps: Step[];
}
interface Workflow {
  on: Record<string, unknown>;
  permissions: Record<string, string>;
  env?: Record<string, string>;
  jobs: Record<string, Job>;
}

const workflow = (name: string): Workflow => parse(readFileSync(join(folder, name), "utf8")) as Workflow;
const preview = workflow("preview.yml");
const drift = workflow("drift.yml");
const jobsWithSecrets = (of: Workflow): string[] =>
  Object.entries(of.jobs)
    .filter(([, job]) => /secrets\./.test(JSON.stringify(job)))
    .map(([name]) => name);

describe.each(readdirSync(folder))("%s", (name) => {
  const { jobs, permissions, env } = workflow(name);
  const steps = Object.values(jobs).flatMap((job) => job.steps);

  it("gives nothing by default, and to each job what it names", () => {
    expect(permissions).toEqual({});
    expect(env).toBeUndefined();
    for (const job of Object.values(jobs)) {
      expect(job.permissions).toBeDefined();
      expect(job.env).toBeUndefined();
    }
  });

  it("leaves no token in the checkout", () => {
    for (const step of steps.filter(({ uses }) => uses?.startsWith("actions/checkout@"))) {
      expect(step.with).toMatchObject({ "persist-credentials": false });
    }
  });

  it("hands secrets to steps by their environment, and writes no value of GitHub's into a script", () => {
    for (const { run, with: inputs } of steps) {
      expect(run ?? "").not.toContain("${{");
      expect(JSON.stringify(inputs ?? {})).not.toContain("secrets.");
    }
  });

  it("prints no secret", () => {
    for (const { run, env: variables } of steps) {
      const secrets = Object.entries(variables ?? {}).filter(([, value]) => value.includes("secrets."));
      for (const [variable] of secrets) {
        const lines = (run ?? "").split("\n").filter((line) => line.includes(`$${variable}`));
        for (const line of lines) expect(line).toMatch(/ > ~\/\.ssh\//);
      }
      expect(run ?? "").not.toMatch(/show-secrets|set -x|\bprintenv\b|^\s*env\s*$/m);
    }
  });

  it("names actions by a released major version", () => {
    for (const { uses } of steps) if (uses) expect(uses).toMatch(/^[a-z-]+\/[a-z-]+@v\d+$/);
  });

  it("brings the engine that the tests run", () => {
    for (const step of steps.filter(({ uses }) => uses?.startsWith("pulumi/actions@"))) {
      expect(`v${String(step.with?.["pulumi-version"])}`).toBe(versions.pulumi);
    }
  });

  it("runs scripts that are there", () => {
    const named = steps.flatMap(({ run }) => [...(run ?? "").matchAll(/node (tools\/[\w-]+\.mjs)/g)]);
    for (const [, script = ""] of named) accessSync(join(root, script), constants.R_OK);
  });
});

describe("the preview of a pull request", () => {
  const action = preview.jobs["preview"]?.steps.find(({ uses }) => uses?.startsWith("pulumi/actions@"));

  it("runs for pull requests alone, with what the branch's own code may have", () => {
    expect(preview.on).toEqual({ pull_request: null });
  });

  it("comments the diff without outputs", () => {
    expect(action?.with).toMatchObject({
      command: "preview",
      "stack-name": "${{ matrix.stack }}",
      diff: true,
      "suppress-outputs": true,
      "comment-on-pr": true,
      "edit-pr-comment": true,
    });
    expect(action?.with).not.toHaveProperty("upsert");
  });

  it("has the backend's and the secrets provider's credentials, the cloud's read-only identity, and none of the tailnet", () => {
    expect(action?.env).toEqual({
      PULUMI_ACCESS_TOKEN: "${{ secrets.PULUMI_ACCESS_TOKEN }}",
      PULUMI_CONFIG_PASSPHRASE: "${{ secrets.PULUMI_CONFIG_PASSPHRASE }}",
      TAILSCALE_API_KEY: "${{ matrix.tailscaleApiKey }}",
    });
    expect(preview.jobs["preview"]?.permissions).toEqual({
      contents: "read",
      "id-token": "write",
      "pull-requests": "write",
    });
    expect(JSON.stringify(preview)).not.toContain("tailscale/github-action");
  });

  it("gives forks a note and nothing else", () => {
    expect(jobsWithSecrets(preview)).toEqual(["preview"]);
    expect(preview.jobs["preview"]?.if).toContain("needs.changes.outputs.trusted == 'true'");
    expect(preview.jobs["not-previewed"]?.if).toContain("needs.changes.outputs.trusted != 'true'");
    expect(preview.jobs["not-previewed"]?.permissions).toEqual({});
  });

  it("runs once for each stack", () => {
    expect(preview.jobs["preview"]?.concurrency?.group).toContain("${{ matrix.stack }}");
  });

  it("finds its stand-in for ssh executable", () => {
    accessSync(join(root, ".github", "preview-bin", "ssh"), constants.X_OK);
  });
});

describe("the search for drift", () => {
  it("runs by itself and by hand, and may write issues alone", () => {
    expect(Object.keys(drift.on)).toEqual(["schedule", "workflow_dispatch"]);
    expect(drift.jobs["drift"]?.permissions).toEqual({ contents: "read", "id-token": "write", issues: "write" });
  });
});
