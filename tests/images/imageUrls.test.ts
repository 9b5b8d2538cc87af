import { describe, expect, it } from "vitest";
import { gcpImageFamily, gcpImageName } from "../../components/images/gcpImageName";
import { bootImageUrl, installerImage, type BootImageKind } from "../../components/images/imageUrls";

const schematicId = "4a0d65c669d46663f377e7161e50cfd570c401f26fd9e7bda34a0216b6f1922b";
const talosVersion = "v1.12.4";
const factoryUrl = "https://factory.talos.dev";

describe("bootImageUrl", () => {
  const kinds: [BootImageKind, "amd64" | "arm64", string][] = [
    [{ platform: "gcp", format: "raw.tar.gz" }, "amd64", "gcp-amd64.raw.tar.gz"],
    [{ platform: "gcp", format: "raw.tar.gz" }, "arm64", "gcp-arm64.raw.tar.gz"],
    [{ platform: "metal", format: "iso" }, "amd64", "metal-amd64.iso"],
    [{ platform: "metal", format: "raw.xz" }, "arm64", "metal-arm64.raw.xz"],
    [{ platform: "nocloud", format: "iso" }, "arm64", "nocloud-arm64.iso"],
    [{ platform: "nocloud", format: "raw.xz" }, "amd64", "nocloud-amd64.raw.xz"],
  ];
  it.each(kinds)("of %j on %s ends in %s", (kind, architecture, file) => {
    expect(bootImageUrl({ factoryUrl, schematicId, talosVersion, architecture, ...kind })).toBe(
      `https://factory.talos.dev/image/${schematicId}/v1.12.4/${file}`,
    );
  });

  it("takes a Factory of one's own, with or without a slash at its end", () => {
    const args = { schematicId, talosVersion, architecture: "amd64", platform: "metal", format: "iso" } as const;
    const url = `https://factory.example.com/talos/image/${schematicId}/v1.12.4/metal-amd64.iso`;
    expect(bootImageUrl({ ...args, factoryUrl: "https://factory.example.com/talos" })).toBe(url);
    expect(bootImageUrl({ ...args, factoryUrl: "https://factory.example.com/talos/" })).toBe(url);
  });
});

describe("installerImage", () => {
  it.each([
    [factoryUrl, "gcp", `factory.talos.dev/gcp-installer/${schematicId}:v1.12.4`],
    [factoryUrl, "nocloud", `factory.talos.dev/nocloud-installer/${schematicId}:v1.12.4`],
    ["https://factory.example.com:8443/", "metal", `factory.example.com:8443/metal-installer/${schematicId}:v1.12.4`],
  ] as const)("of %s for %s is %s", (url, platform, reference) => {
    expect(installerImage({ factoryUrl: url, schematicId, talosVersion, platform })).toBe(reference);
  });
});

describe("gcpImageName", () => {
  it("is keyed by version, architecture and schematic", () => {
    expect(gcpImageName("setup02", schematicId, talosVersion, "amd64")).toBe(
      "setup02-talos-v1-12-4-amd64-4a0d65c669d4",
    );
  });

  it.each(["a".repeat(24), "x-".repeat(11) + "y", "a".repeat(63)])("fits GCE for the cluster %s", (clusterName) => {
    const name = gcpImageName(clusterName, schematicId, "v1.120.400", "arm64");
    expect(name).toMatch(/^[a-z]([-a-z0-9]{0,61}[a-z0-9])$/);
    expect(name).toMatch(/-talos-v1-120-400-arm64-4a0d65c669d4$/);
    expect(gcpImageFamily(clusterName, "arm64")).toMatch(/^[a-z]([-a-z0-9]{0,61}[a-z0-9])$/);
  });
});
