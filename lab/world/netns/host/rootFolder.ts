/** The root folder of a KVM host: its own /etc, /run and /var; the programs are mounted into it by `enter.sh`. */
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { RESOLVERS } from "../net/addresses";

/** What programs want to find in /etc. */
const FROM_ETC =
  "alternatives group iproute2 ld.so.cache ld.so.conf ld.so.conf.d nsswitch.conf passwd protocols services".split(" ");
const FOLDERS =
  "dev etc/sysctl.d etc/systemd/system lab/tools proc root run/lab run/openvswitch sys tmp var/lib/misc var/log var/tmp".split(
    " ",
  );
/** Where mounts of single files go. */
const FILES = ["lab/node", "lab/outside"];
/** Where the program's scripts leave files. */
const INSTALLED = ["etc/talos-cloud-edge", "etc/systemd/system", "etc/sysctl.d", "var/lib/misc"];

/** Makes what is missing of the folder. */
export function prepareRoot(root: string): void {
  for (const folder of FOLDERS) mkdirSync(join(root, folder), { recursive: true });
  chmodSync(root, 0o755);
  chmodSync(join(root, "tmp"), 0o1777);
  for (const file of FILES) if (!existsSync(join(root, file))) writeFileSync(join(root, file), "");
  if (!existsSync(join(root, "var/run"))) symlinkSync("../run", join(root, "var/run"));
  for (const name of FROM_ETC) {
    const target = join(root, "etc", name);
    if (existsSync(join("/etc", name)) && !existsSync(target)) {
      cpSync(join("/etc", name), target, { recursive: true, verbatimSymlinks: true });
    }
  }
  writeFileSync(
    join(root, "etc/resolv.conf"),
    RESOLVERS.slice(0, 2)
      .map((server) => `nameserver ${server}\n`)
      .join(""),
  );
}

/** The host has been off: what was in /run is gone. */
export function clearRun(root: string): void {
  rmSync(join(root, "run"), { recursive: true, force: true });
}

/** Paths of the files that the program's scripts have left. */
export function installedFiles(root: string): string[] {
  return INSTALLED.flatMap((folder) => filesBelow(join(root, folder))).map((file) => file.slice(root.length));
}

function filesBelow(folder: string): string[] {
  return (existsSync(folder) ? readdirSync(folder).sort() : []).flatMap((name) => {
    const path = join(folder, name);
    return statSync(path).isDirectory() ? filesBelow(path) : [path];
  });
}
