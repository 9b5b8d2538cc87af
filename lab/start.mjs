// Where every lab command begins: `node lab/start.mjs up|down|test|bench`. Plain JavaScript without dependencies, because on a fresh clone
// there are none yet: it looks at what the machine has, installs the npm packages of the lock file, and hands over to lab/main.ts.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { accessSync, constants, existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { homedir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const versions = JSON.parse(readFileSync(join(root, "lab", "engine", "versions.json"), "utf8"));

const help = `The lab: the real Pulumi engine on the real program, against a cloud, KVM host and tailnet on this machine: simulated, or in
network namespaces with a real cluster.

  npm start                build what is missing, then \`pulumi up\` on the lab stack
  npm start -- --stack lab-edge
                           the same for a further site, in a stack of its own
  npm start -- --world netns
                           the same with real programs in network namespaces (Linux, root)
  npm run lab -- status    a lab of namespaces: status, kubectl, talosctl, shell, logs (-- --help)
  npm run lab:down         destroy all of it
  npm test [-- <filter>]   all tests, the real engine's among them (arguments go to vitest)
  npm run test:lab         the tests of the world of namespaces (Linux, root)
  npm run bench            figures: time, memory and CPU of the program in the lab (-- --help)
`;

function fail(sentence) {
  console.error(sentence);
  process.exit(1);
}

function isExecutable(file) {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function isOnPath(name) {
  return (process.env.PATH ?? "").split(delimiter).some((folder) => isExecutable(join(folder, name)));
}

/** -1, 0 or 1, by the numbers of the two versions. */
function compareVersions(a, b) {
  const numbers = (version) => version.replace(/^v/, "").split(".").map(Number);
  const [left, right] = [numbers(a), numbers(b)];
  for (let i = 0; i < 3; i++) if (left[i] !== right[i]) return Math.sign(left[i] - right[i]);
  return 0;
}

function checkNode() {
  if (compareVersions(process.version, versions.node) < 0)
    fail(
      `Node.js ${versions.node} or newer is needed, and this is ${process.version}. Install it from https://nodejs.org.`,
    );
}

/** Go builds the engine and talosctl; it is needed only until they lie in the cache. lab/engine/cache.ts has the same paths. */
function checkGo() {
  const cache =
    process.env.TALOS_CLOUD_EDGE_CACHE ||
    join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "talos-cloud-edge");
  const isCached = (name) => isExecutable(join(cache, `${name}-${versions[name]}`, name));
  const missing = [
    ...(process.env.LAB_PULUMI || isOnPath("pulumi") || isCached("pulumi") ? [] : ["the Pulumi engine"]),
    ...(process.env.LAB_TALOSCTL || isCached("talosctl") ? [] : ["talosctl"]),
  ].join(" and ");
  if (missing === "") return;
  if (!isOnPath("go"))
    fail(`Go is needed to build ${missing}, and \`go\` is not on PATH. Install it from https://go.dev/dl.`);
  if (!isOnPath("git"))
    fail(`git is needed by Go to build ${missing}, and \`git\` is not on PATH. Install it and try again.`);
}

/** Whether node_modules is what package-lock.json says: by our own stamp, or because npm wrote its record not before the lock file. */
function isInstalled(lockHash, stamp) {
  const record = join(root, "node_modules", ".package-lock.json");
  if (!existsSync(record)) return false;
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === lockHash) return true;
  return statSync(record).mtimeMs >= statSync(join(root, "package-lock.json")).mtimeMs;
}

function run(command, args, what) {
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: "inherit" });
  if (error) fail(`${what} could not be started: ${error.message}.`);
  if (status !== 0) fail(`${what} failed (exit code ${status ?? "none"}); what it said is above.`);
}

function installPackages() {
  const lockHash = createHash("sha256")
    .update(readFileSync(join(root, "package-lock.json")))
    .digest("hex");
  const stamp = join(root, "node_modules", ".installed-lock-hash");
  if (isInstalled(lockHash, stamp)) {
    // The generated SDKs may have changed without the lock file.
    run(process.execPath, [join(root, "tools", "build-sdks.mjs")], "Compiling the generated SDKs");
  } else {
    if (!isOnPath("npm")) fail("npm is needed to install the packages of package-lock.json, and it is not on PATH.");
    console.log("Installing npm packages: once for this checkout, about a minute.");
    const started = Date.now();
    run("npm", ["ci", "--no-audit", "--no-fund"], "`npm ci`");
    console.log(`Installed npm packages in ${Math.round((Date.now() - started) / 1000)} s.`);
  }
  writeFileSync(stamp, lockHash);
}

const [command, ...rest] = process.argv.slice(2);
if (command === undefined || command === "--help" || command === "-h" || command === "help") {
  console.log(help);
} else if (!["up", "down", "live", "test", "test:lab", "bench"].includes(command)) {
  fail(`There is no lab command \`${command}\`.\n\n${help}`);
} else {
  checkNode();
  checkGo();
  installPackages();
  const { register } = await import("tsx/cjs/api");
  register();
  const { main } = createRequire(import.meta.url)("./main.ts");
  process.exitCode = await main(command, rest);
}
