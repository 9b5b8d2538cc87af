/** CloudinitDisk of the libvirt provider: an image that it writes on the machine that it runs on, readable by everybody there. */
import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import * as path from "node:path";
import { type Properties, text } from "../protocol/values";

export const cloudinitDisk = "libvirt:index/cloudinitDisk:CloudinitDisk";

/** Puts an image where the world says that it is; what is on it stands in it as on an ISO, uncompressed. */
export function writeImage(outputs: Properties): void {
  const file = imageFile(outputs);
  mkdirSync(path.dirname(file), { recursive: true, mode: 0o755 });
  if (existsSync(file)) return;
  writeFileSync(file, `${text(outputs, "userData") ?? ""}\n${text(outputs, "metaData") ?? ""}`, { mode: 0o644 });
}

export function removeImage(outputs: Properties): void {
  rmSync(imageFile(outputs), { force: true });
}

export function hasImage(outputs: Properties): boolean {
  return existsSync(imageFile(outputs));
}

function imageFile(outputs: Properties): string {
  return text(outputs, "path") ?? "";
}
