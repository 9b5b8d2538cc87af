/** Puts tools where PATH finds them: the `ssh` shim, the KVM host's tools, and what pods find in their image. */
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";

const HOST = join(__dirname, "host");
const POD_TOOLS = join(__dirname, "kube", "podTools");

/**
 * What busybox' image has and the machine of the lab too. Pods find nothing but this and the tools that stand in for the network's: a command that
 * the image lacks is missing here as well, and none reaches the real network.
 */
const BUSYBOX = [
  ..."awk base64 basename cat cksum cmp cp cut date dd df diff dirname du echo env expr false find fold grep gunzip gzip head id".split(
    " ",
  ),
  ..."ln ls md5sum mkdir mktemp mv nproc od paste printenv printf pwd readlink realpath rm rmdir sed seq sh sha256sum sort stat".split(
    " ",
  ),
  ..."tail tar tee test timeout touch tr true tsort uname uniq wc which whoami xargs yes".split(" "),
];

/** @returns the folder that is to be first on PATH of whoever uses the lab. */
export function installTools(dir: string): string {
  copyTools(join(HOST, "tools"), join(dir, "host-tools"));
  copyTools(POD_TOOLS, podToolsIn(dir));
  for (const name of BUSYBOX) {
    const found = ["/usr/bin", "/bin"].map((folder) => join(folder, name)).find((path) => existsSync(path));
    if (found !== undefined) symlinkSync(found, join(podToolsIn(dir), name));
  }
  const bin = join(dir, "bin");
  mkdirSync(bin, { recursive: true });
  const ssh = readFileSync(join(HOST, "ssh.sh"), "utf8");
  install(
    join(bin, "ssh"),
    ssh.replace("@LAB@", () => quoted(dir)).replace("@NODE@", () => quoted(process.execPath)),
  );
  return bin;
}

const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

export const podToolsIn = (dir: string): string => join(dir, "pod-tools");

function copyTools(from: string, to: string): void {
  rmSync(to, { recursive: true, force: true });
  mkdirSync(to, { recursive: true });
  for (const name of readdirSync(from)) install(join(to, name), readFileSync(join(from, name), "utf8"));
}

/** Executable whatever the checkout says. */
function install(file: string, text: string): void {
  writeFileSync(file, text);
  chmodSync(file, 0o755);
}
