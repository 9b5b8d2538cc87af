import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { RunError } from "@pulumi/pulumi";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { removeSeedImages, seedMetaData, shieldSeedImages } from "../../components/edge/seedFolder";

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

  it("loses the images of a machine's earlier incarnations, and no other", () => {
    shieldSeedImages(temporary);
    const image = (file: string, metaData: string): void => {
      writeFileSync(
        join(folder, file),
        Buffer.concat([Buffer.from([0, 255, 10]), Buffer.from(`machine: {}\n${metaData}`)]),
      );
    };
    image("ours.iso", seedMetaData("0a", "lab-edge-1-11111111", "edge-1"));
    image("another-machine.iso", seedMetaData("0a", "lab-edge-10-11111111", "edge-10"));
    image("another-stack.iso", seedMetaData("0b", "lab-edge-1-11111111", "edge-1"));
    image("cut-off.iso", "");
    expect(removeSeedImages(seedMetaData("0a", "lab-edge-1-22222222", "edge-1"), temporary)).toBe(1);
    expect(readdirSync(folder).sort()).toEqual(["another-machine.iso", "another-stack.iso", "cut-off.iso"]);
  });

  it("need not be there to lose an image", () => {
    expect(removeSeedImages(seedMetaData("0a", "lab-edge-1-22222222", "edge-1"), temporary)).toBe(0);
  });
});
