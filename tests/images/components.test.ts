import * as pulumi from "@pulumi/pulumi";
import { beforeEach, describe, expect, it } from "vitest";
import type { ImageConfig } from "../../components/config/schema";
import { only, optionsRecorder, record, valueOf, type RecordedResource } from "../cloud/recorder";

const tailscale = "4a0d65c669d46663f377e7161e50cfd570c401f26fd9e7bda34a0216b6f1922b";
const image: ImageConfig = { extensions: ["siderolabs/tailscale"], extraKernelArgs: [] };

let resources: RecordedResource[];
let answeredId: string;

beforeEach(async () => {
  answeredId = tailscale;
  resources = await record(({ type }) => {
    if (type === "talos:index/imageFactorySchematic:ImageFactorySchematic") {
      return { id: answeredId };
    }
    return type === "random:index/randomId:RandomId" ? { state: { hex: "c0ffee42" } } : {};
  });
});

describe("Schematic", () => {
  it("registers the canonical YAML and gives the Factory's id", async () => {
    const { Schematic } = await import("../../components/images");
    const schematic = new Schematic("cloud-schematic", { image, label: "images.cloud" });

    expect(await valueOf(schematic.schematicId)).toBe(tailscale);
    const registration = only(resources, "talos:index/imageFactorySchematic:ImageFactorySchematic");
    expect(registration.name).toBe("cloud-schematic-registration");
    expect(registration.inputs).toEqual({
      schematic:
        "customization:\n    systemExtensions:\n        officialExtensions:\n            - siderolabs/tailscale\n",
    });
  });

  it("refuses an answer that is not the computed id", async () => {
    const { registeredId } = await import("../../components/images/schematic");
    expect(registeredId("images.cloud", tailscale, tailscale)).toBe(tailscale);
    expect(() => registeredId("images.cloud", tailscale, "deadbeef")).toThrow(
      `images.cloud: the Image Factory registered schematic deadbeef where ${tailscale} was computed from the same content; ` +
        "its images may differ from what is asked for, so nothing is built on them.",
    );
  });
});

describe("GcpImage", () => {
  const args = {
    schematicId: tailscale,
    factoryUrl: "https://factory.talos.dev",
    talosVersion: "v1.12.4",
    architecture: "amd64",
    clusterName: "setup02",
    region: "europe-west3",
    owner: "00c0ffee00c0ffee",
  } as const;

  it("copies the tarball to a closed bucket and imports it from there", async () => {
    const { GcpImage } = await import("../../components/images");
    const gcpImage = new GcpImage("cloud-image", args);
    expect(await valueOf(gcpImage.selfLink)).toBe("link/cloud-image-image");

    const bucket = only(resources, "gcp:storage/bucket:Bucket");
    expect(bucket.inputs).toMatchObject({
      name: "setup02-images-c0ffee42",
      location: "EUROPE-WEST3",
      publicAccessPrevention: "enforced",
      uniformBucketLevelAccess: true,
      forceDestroy: true,
    });

    const tarball = only(resources, "gcp:storage/bucketObject:BucketObject");
    const object = `${tailscale}/v1.12.4/gcp-amd64.raw.tar.gz`;
    expect(tarball.inputs).toMatchObject({ bucket: "setup02-images-c0ffee42", name: object });
    const source = tarball.inputs["source"];
    if (!(source instanceof pulumi.asset.RemoteAsset)) throw new Error("the tarball's source is no remote asset");
    expect(await source.uri).toBe(`https://factory.talos.dev/image/${object}`);

    expect(only(resources, "gcp:compute/image:Image").inputs).toEqual({
      name: "setup02-talos-v1-12-4-amd64-4a0d65c669d4",
      family: "setup02-talos-amd64",
      description: `Talos v1.12.4 for amd64, schematic ${tailscale}`,
      rawDisk: { source: `https://storage.googleapis.com/setup02-images-c0ffee42/${object}` },
      storageLocations: ["europe-west3"],
      guestOsFeatures: [{ type: "UEFI_COMPATIBLE" }, { type: "VIRTIO_SCSI_MULTIQUEUE" }, { type: "GVNIC" }],
      labels: {
        cluster: "setup02",
        "stack-owner": "00c0ffee00c0ffee",
        "talos-version": "v1-12-4",
        architecture: "amd64",
      },
    });
  });

  it("names its children after itself and leaves the tarball's content alone", async () => {
    const { GcpImage } = await import("../../components/images");
    const { seen, transformation } = optionsRecorder();
    const gcpImage = new GcpImage("cloud-image", args, { transformations: [transformation] });
    await valueOf(gcpImage.selfLink);

    const children = seen.filter(({ name }) => name !== "cloud-image");
    expect(children.map(({ name }) => name).sort()).toEqual([
      "cloud-image-bucket",
      "cloud-image-bucket-suffix",
      "cloud-image-image",
      "cloud-image-tarball",
    ]);
    expect(children.filter(({ opts }) => opts.ignoreChanges !== undefined)).toMatchObject([
      { name: "cloud-image-tarball", opts: { ignoreChanges: ["source"] } },
    ]);
  });
});

describe("FactoryAsset", () => {
  it("brings a hash by its URL, so that the engine fetches nothing to make one", async () => {
    const { FactoryAsset } = await import("../../components/images/factoryAsset");
    const [one, same, other] = ["https://a/1", "https://a/1", "https://a/2"].map((url) => new FactoryAsset(url));
    expect(one?.hash).toMatch(/^[0-9a-f]{64}$/);
    expect(one?.hash).toBe(same?.hash);
    expect(one?.hash).not.toBe(other?.hash);

    const sent: unknown = await pulumi.runtime.serializeProperties("asset", { source: one });
    expect(sent).toMatchObject({ source: { uri: "https://a/1", hash: one?.hash } });
  });
});
