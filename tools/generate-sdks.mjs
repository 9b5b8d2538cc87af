// Writes the local packages sdks/<name> anew from sdks/schemas/<name>-<version>.json, by tools/sdkgen (Go).
// `--check` writes nothing: it says where the committed sources differ from what the schemas give, and exits 1 if they do.
import { execFileSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const schemas = join(root, "sdks", "schemas");
/** Made on the spot or written by hand; not the generator's. */
const notGenerated = new Set(["bin", "node_modules", "README.md"]);

function filesBelow(folder, base = folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (folder === base && notGenerated.has(entry.name)) return [];
    return entry.isDirectory() ? filesBelow(path, base) : [relative(base, path)];
  });
}

/** Sentences, one for each file that is not what the generator gives. */
function differences(generated, committed) {
  const wanted = new Set(filesBelow(generated));
  const present = new Set(filesBelow(committed));
  const sentences = [];
  for (const file of [...new Set([...wanted, ...present])].sort()) {
    const name = relative(root, join(committed, file));
    if (!present.has(file)) sentences.push(`${name} is missing.`);
    else if (!wanted.has(file)) sentences.push(`${name} is not generated any more.`);
    else if (!readFileSync(join(generated, file)).equals(readFileSync(join(committed, file))))
      sentences.push(`${name} differs.`);
  }
  return sentences;
}

function replace(generated, committed) {
  for (const file of filesBelow(committed)) rmSync(join(committed, file));
  for (const file of filesBelow(generated)) {
    const target = join(committed, file);
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, readFileSync(join(generated, file)), { mode: statSync(join(generated, file)).mode });
  }
  // tools/build-sdks.mjs compiles an SDK whose package.json is newer than its output.
  const now = new Date();
  utimesSync(join(committed, "package.json"), now, now);
}

const check = process.argv.includes("--check");
const work = mkdtempSync(join(tmpdir(), "sdkgen-"));
let found = 0;
try {
  const generator = join(work, "sdkgen");
  console.log("Building tools/sdkgen …");
  execFileSync("go", ["build", "-mod=readonly", "-buildvcs=false", "-trimpath", "-o", generator, "."], {
    cwd: join(root, "tools", "sdkgen"),
    env: { ...process.env, GOWORK: "off" },
    stdio: "inherit",
  });
  for (const file of readdirSync(schemas)
    .filter((name) => name.endsWith(".json"))
    .sort()) {
    const schema = JSON.parse(readFileSync(join(schemas, file), "utf8"));
    const generated = join(work, schema.name);
    const committed = join(root, "sdks", schema.name);
    execFileSync(generator, [join(schemas, file), generated], { stdio: "inherit" });
    const sentences = differences(generated, committed);
    found += sentences.length;
    for (const sentence of sentences) console.log(sentence);
    if (!check && sentences.length > 0) replace(generated, committed);
    console.log(
      `sdks/${schema.name}: ${sentences.length === 0 ? `as ${file} gives it` : check ? "differs" : `written from ${file}`}.`,
    );
  }
} finally {
  rmSync(work, { recursive: true, force: true });
}
if (check && found > 0) {
  console.error("Run `node tools/generate-sdks.mjs` and commit what it writes.");
  process.exitCode = 1;
}
