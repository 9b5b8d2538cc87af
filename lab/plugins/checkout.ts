import { existsSync } from "node:fs";
import { dirname, join } from "node:path";

/** The checkout that this file is in, as a source or in a plugin's bundle. */
export function checkoutRoot(): string {
  let folder = __dirname;
  while (!existsSync(join(folder, "Pulumi.yaml"))) folder = dirname(folder);
  return folder;
}
