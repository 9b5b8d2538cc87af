import * as gcp from "@pulumi/gcp";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import type { Architecture } from "../config/schema";
import { gcpLeftover, ownerLabels } from "../leftovers";
import { FactoryAsset } from "./factoryAsset";
import { gcpImageFamily, gcpImageName } from "./gcpImageName";
import { bootImageUrl } from "./imageUrls";

export interface GcpImageArgs {
  /** Id of the registered schematic. */
  schematicId: pulumi.Input<string>;
  /** Base URL of the Image Factory. */
  factoryUrl: string;
  /** Talos version with its `v`. */
  talosVersion: string;
  /** CPU architecture that the image is for. */
  architecture: Architecture;
  /** Cluster that the image belongs to; begins the names of image and bucket. */
  clusterName: string;
  /** GCP region that keeps the tarball and the image. */
  region: string;
  /** The stack that makes it, in hexadecimal digits; told from others by it. */
  owner: pulumi.Input<string>;
}

/** A Talos image in the GCP project: the Factory's tarball, copied to a bucket and imported from there. */
export class GcpImage extends pulumi.ComponentResource {
  /** URL of the compute image, for an instance's boot disk. */
  public readonly selfLink: pulumi.Output<string>;

  constructor(name: string, args: GcpImageArgs, opts?: pulumi.ComponentResourceOptions) {
    super("talos-cloud-edge:images:GcpImage", name, {}, opts);
    const { architecture, clusterName, factoryUrl, region, talosVersion } = args;
    const schematicId = pulumi.output(args.schematicId);
    const labels = pulumi.output(args.owner).apply((owner) => ({ cluster: clusterName, ...ownerLabels(owner) }));
    const made = { parent: this, hooks: { beforeCreate: [gcpLeftover] } };

    // Bucket names are shared by everyone on Google Cloud.
    const suffix = new random.RandomId(`${name}-bucket-suffix`, { byteLength: 4 }, { parent: this });
    const bucket = new gcp.storage.Bucket(
      `${name}-bucket`,
      {
        name: pulumi.interpolate`${clusterName}-images-${suffix.hex}`,
        // Written as the API gives it back, so that a refresh sees no difference.
        location: region.toUpperCase(),
        uniformBucketLevelAccess: true,
        publicAccessPrevention: "enforced",
        // It holds copies of what the Factory has.
        forceDestroy: true,
        labels,
      },
      made,
    );

    const tarball = new gcp.storage.BucketObject(
      `${name}-tarball`,
      {
        bucket: bucket.name,
        name: pulumi.interpolate`${schematicId}/${talosVersion}/gcp-${architecture}.raw.tar.gz`,
        source: schematicId.apply(
          (id) =>
            new FactoryAsset(
              bootImageUrl({
                factoryUrl,
                schematicId: id,
                talosVersion,
                platform: "gcp",
                architecture,
                format: "raw.tar.gz",
              }),
            ),
        ),
        contentType: "application/gzip",
      },
      // The name says what is inside, so under one name the content never changes. The Factory may still pack the same image into other
      // bytes one day, and that must not import the image again.
      { parent: this, ignoreChanges: ["source"] },
    );

    const image = new gcp.compute.Image(
      `${name}-image`,
      {
        name: schematicId.apply((id) => gcpImageName(clusterName, id, talosVersion, architecture)),
        family: gcpImageFamily(clusterName, architecture),
        description: pulumi.interpolate`Talos ${talosVersion} for ${architecture}, schematic ${schematicId}`,
        rawDisk: { source: pulumi.interpolate`https://storage.googleapis.com/${bucket.name}/${tarball.name}` },
        storageLocations: [region],
        // Talos' kernel has the drivers. Machine types of the third generation and later refuse an image that does not declare gVNIC.
        guestOsFeatures: [{ type: "UEFI_COMPATIBLE" }, { type: "VIRTIO_SCSI_MULTIQUEUE" }, { type: "GVNIC" }],
        labels: labels.apply((own) => ({ ...own, "talos-version": talosVersion.replaceAll(".", "-"), architecture })),
      },
      made,
    );

    this.selfLink = image.selfLink;
    this.registerOutputs({ selfLink: this.selfLink });
  }
}
