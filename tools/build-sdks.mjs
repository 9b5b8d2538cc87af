// Compiles the generated packages in sdks/ to sdks/*/bin, where their package.json points. Runs after every `npm ci`, so that
// a clone needs no step of its own. An SDK whose bin is newer than its package.json is left alone.
import { execFileSync } from "node:child_process";
import { copyFileSync, existsSync, readdirSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const tsc = createRequire(import.meta.url).resolve("typescript/bin/tsc");

for (const name of readdirSync(join(root, "sdks"))) {
  const sdk = join(root, "sdks", name);
  const manifest = join(sdk, "package.json");
  if (!existsSync(manifest)) continue;
  const built = join(sdk, "bin", "package.json");
  if (existsSync(built) && statSync(built).mtimeMs >= statSync(manifest).mtimeMs) continue;
  execFileSync(process.execPath, [tsc, "-p", sdk, "--types", "node"], { cwd: root, stdio: "inherit" });
  // The generated getVersion() reads the package.json beside the compiled files.
  copyFileSync(manifest, built);
}
