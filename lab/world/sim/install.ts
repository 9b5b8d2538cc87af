/** Puts tools where PATH finds them: the `ssh` shim, the KVM host's tools, and what pods find in their image. */
import { existsSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { installScript, installScripts } from "../executables";

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
  installScripts(join(HOST, "tools"), join(dir, "host-tools"));
  installScript(join(HOST, "enter.sh"), join(dir, "enter-host"), { LAB: dir, NODE: process.execPath });
  installPodTools(dir);
  return installSsh(dir);
}

/** The stand-in for ssh, which goes on with `enter-host`. @returns its folder */
export function installSsh(dir: string): string {
  const bin = join(dir, "bin");
  installScript(join(HOST, "ssh.sh"), join(bin, "ssh"), { LAB: dir });
  return bin;
}

export const podToolsIn = (dir: string): string => join(dir, "pod-tools");

function installPodTools(dir: string): void {
  rmSync(podToolsIn(dir), { recursive: true, force: true });
  installScripts(POD_TOOLS, podToolsIn(dir));
  for (const name of BUSYBOX) {
    const found = ["/usr/bin", "/bin"].map((folder) => join(folder, name)).find((path) => existsSync(path));
    if (found !== undefined) symlinkSync(found, join(podToolsIn(dir), name));
  }
}
