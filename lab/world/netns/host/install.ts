/** Puts the KVM hosts' tools and the way into them where the lab's `ssh` finds them. */
import { join } from "node:path";
import { installScript, installScripts } from "../../executables";
import type { NetnsLab } from "../lab";

/** @returns the program that runs a command on a host: `enter-host HOST USER COMMAND ...` */
export function installHostTools(lab: NetnsLab): string {
  installScripts(join(__dirname, "tools"), join(lab.dir, "host-tools"));
  const enter = join(lab.dir, "enter-host");
  installScript(join(__dirname, "enter.sh"), enter, { LAB: lab.dir, PREFIX: lab.prefix, NODE: process.execPath });
  return enter;
}
