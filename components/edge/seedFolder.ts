import { chmodSync, existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import * as path from "node:path";
import { userError } from "../config/userError";
import { ownerText } from "../leftovers/mark";

/** Where the libvirt provider puts the images of its CloudinitDisks. */
const folderName = "terraform-provider-libvirt-cloudinit";

/**
 * Makes the folder of the seed images, which hold machine configs, one that only this user can look into. The provider writes them for
 * everybody to read, into a folder for everybody where there is none yet; they stay until their machine is destroyed.
 *
 * @throws RunError when the folder is another user's.
 */
export function shieldSeedImages(temporaryFolder = ownTemporaryFolder()): void {
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

/** What a seed image tells of the machine that it is for, and, as a comment, whose it is. */
export function seedMetaData(owner: string, instance: string, hostname: string): string {
  return `# ${ownerText(owner)}\ninstance-id: ${instance}\nlocal-hostname: ${hostname}\n`;
}

/**
 * Removes the images that are there already for the machine of this meta-data, of whatever incarnation. The image is on the disk as it is, not
 * compressed, but its name says nothing.
 *
 * @returns how many there were.
 */
export function removeSeedImages(metaData: string, temporaryFolder = ownTemporaryFolder()): number {
  const folder = path.join(temporaryFolder, folderName);
  const [before = "", after = ""] = metaData.split(/(?<=instance-id: ).*/);
  const images = (existsSync(folder) ? readdirSync(folder) : []).map((name) => path.join(folder, name));
  const ours = images.filter((image) => {
    const text = readFileSync(image, "latin1");
    const start = text.indexOf(before);
    return start >= 0 && text.startsWith(after, text.indexOf("\n", start + before.length));
  });
  for (const image of ours) rmSync(image);
  return ours.length;
}

/** As the provider finds it. */
function ownTemporaryFolder(): string {
  return process.env["TMPDIR"] || "/tmp";
}
