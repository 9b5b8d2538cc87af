import { mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { RunError } from "@pulumi/pulumi";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { shieldSeedImages } from "../../components/edge/seedFolder";

let temporary: string;
let folder: string;

beforeEach(() => {
  temporary = mkdtempSync(join(tmpdir(), "seed-"));
  folder = join(temporary, "terraform-provider-libvirt-cloudinit");
});
afterEach(() => {
  rmSync(temporary, { recursive: true, force: true });
});

describe("the folder of the seed images", () => {
  it("is made before the provider makes it, for its owner alone", () => {
    shieldSeedImages(temporary);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
  });

  it("is closed where the provider has made it for everybody", () => {
    mkdirSync(folder, { mode: 0o755 });
    shieldSeedImages(temporary);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
  });

  it("is refused where it leads elsewhere", () => {
    symlinkSync(temporary, folder);
    const shield = (): void => {
      shieldSeedImages(temporary);
    };
    expect(shield).toThrow(RunError);
    expect(shield).toThrow(
      `${folder}, where the libvirt provider puts machine configs, is not a folder of yours; set TMPDIR to one that is, and run this again.`,
    );
  });
});
