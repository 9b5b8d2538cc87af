import { createHash } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";

/**
 * A file of the Image Factory that brings the hash it is known by. The engine hashes a remote asset's bytes when none is given, which
 * would download a hundred megabytes into memory at every preview. Behind these URLs the content follows from the schematic, version
 * and architecture in the URL, so hashing the URL tells files apart just as well.
 */
export class FactoryAsset extends pulumi.asset.RemoteAsset {
  public readonly hash: string;

  constructor(url: string) {
    super(url);
    this.hash = createHash("sha256").update(url).digest("hex");
  }
}
