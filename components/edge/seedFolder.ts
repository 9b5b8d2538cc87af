import { chmodSync, lstatSync, mkdirSync } from "node:fs";
import * as path from "node:path";
import { userError } from "../config/userError";

/** Where the libvirt provider puts the images of its CloudinitDisks. */
const folderName = "terraform-provider-libvirt-cloudinit";

/**
 * Makes the folder of the seed images, which hold machine configs, one that only this user can look into. The provider writes them for
 * everybody to read, into a folder for everybody where there is none yet; they stay until their machine is destroyed.
 *
 * @throws RunError when the folder is another user's.
 */
export function shieldSeedImages(temporaryFolder = process.env["TMPDIR"] || "/tmp"): void {
  const folder = path.join(temporaryFolder, folderName);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const found = lstatSync(folder);
  if (!found.isDirectory() || found.uid !== process.getuid?.()) {
    throw userError([
      `${folder}, where the libvirt provider puts machine configs, is not a folder of yours; set TMPDIR to one that is, and run this again.`,
    ]);
  }
  chmodSync(folder, 0o700);
}
