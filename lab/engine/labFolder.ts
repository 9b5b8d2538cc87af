import { chmodSync, existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { randomBytes } from "node:crypto";
import { join } from "node:path";

/** Where a lab keeps its state, world and secrets: `.lab` of the checkout, or a temporary folder in tests. */
export class LabFolder {
  constructor(readonly path: string) {}

  /** The engine's PULUMI_HOME. */
  get home(): string {
    return join(this.path, "home");
  }

  /** The file backend: checkpoints with encrypted secrets. */
  get state(): string {
    return join(this.path, "state");
  }

  /** A project folder of the same name as the real one, for commands that write into the project's folder. */
  get project(): string {
    return join(this.path, "project");
  }

  /** The simulated world: what exists in it, its certificate authority, its KVM hosts. */
  get world(): string {
    return join(this.path, "world");
  }

  /** The lab's own copy of a stack's config file. */
  stackConfig(stack: string): string {
    return join(this.path, `Pulumi.${stack}.yaml`);
  }

  get passphrase(): string {
    return join(this.path, "passphrase");
  }

  get lock(): string {
    return join(this.path, "lock");
  }

  get kubeconfig(): string {
    return join(this.path, "kubeconfig");
  }

  get talosconfig(): string {
    return join(this.path, "talosconfig");
  }

  /** Makes the folder and its passphrase where they are missing. */
  prepare(): void {
    mkdirSync(this.path, { recursive: true, mode: 0o700 });
    mkdirSync(this.state, { recursive: true, mode: 0o700 });
    if (!existsSync(this.passphrase)) this.writeSecret(this.passphrase, randomBytes(24).toString("base64url"));
  }

  exists(): boolean {
    return existsSync(this.passphrase);
  }

  writeSecret(file: string, content: string): void {
    writeFileSync(file, content, { mode: 0o600 });
    // The mode above counts for a new file only.
    chmodSync(file, 0o600);
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}
