import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import * as path from "node:path";
import { clusterEndpoint, nodePatches, type NodePlan, type PatchContext } from "../../components/talos";

const binary =
  process.env["LAB_TALOSCTL"] ?? path.join(homedir(), ".cache", "talos-cloud-edge", "talosctl-v1.12.0", "talosctl");

/** What a talosctl command answered. */
export interface Answer {
  ok: boolean;
  output: string;
  messages: string;
}

/** The real talosctl in a folder of its own, with one set of secrets. */
export class Talosctl {
  private readonly folder = mkdtempSync(path.join(tmpdir(), "talosctl-"));
  private files = 0;
  /** `secrets.yaml` as talosctl generated it. */
  readonly secretsFile = path.join(this.folder, "secrets.yaml");

  constructor() {
    execFileSync(binary, ["gen", "secrets", "--output-file", this.secretsFile], { stdio: "pipe" });
  }

  /** A machine config generated as the Talos provider does: by role and versions, then patches in their order. */
  generate(
    node: NodePlan,
    context: PatchContext,
    patches = nodePatches(node, context),
    secrets = this.secretsFile,
  ): Answer {
    const { name, talosVersion, kubernetesVersion } = context.cluster;
    const versions = ["--talos-version", talosVersion, "--kubernetes-version", kubernetesVersion];
    const form = ["--with-docs=false", "--with-examples=false", "--output-types", node.role, "--output", "-"];
    const files = patches.flatMap((patch) => ["--config-patch", `@${this.write(patch)}`]);
    return this.run(
      "gen",
      "config",
      name,
      clusterEndpoint(name),
      "--with-secrets",
      secrets,
      ...versions,
      ...form,
      ...files,
    );
  }

  /** Talos' own validation; patching alone accepts configs that a node refuses. */
  validate(config: string, mode: "cloud" | "metal"): Answer {
    return this.run("validate", "--mode", mode, "--strict", "--config", this.write(config));
  }

  write(text: string): string {
    this.files += 1;
    const file = path.join(this.folder, `${this.files}.yaml`);
    writeFileSync(file, text, { mode: 0o600 });
    return file;
  }

  close(): void {
    rmSync(this.folder, { recursive: true });
  }

  private run(...args: string[]): Answer {
    const { status, stdout, stderr, error } = spawnSync(binary, args, { encoding: "utf8" });
    if (error) throw error;
    return { ok: status === 0, output: stdout, messages: stderr };
  }
}
