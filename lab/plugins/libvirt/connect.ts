import { execFile } from "node:child_process";

/**
 * The real provider connects as soon as it is configured, in previews too: with `qemu+sshcmd` by the `ssh` on PATH. A host that cannot be
 * reached is so refused here as well. What is done over the connection goes to the world.
 */
export async function connect(uri: string): Promise<void> {
  const destination = /^qemu\+sshcmd:\/\/([^/:]+)/.exec(uri)?.[1];
  if (destination === undefined) return;
  const options = ["-T", "-o", "ControlPath=none", "-o", "BatchMode=yes"];
  await new Promise<void>((resolve, reject) => {
    execFile("ssh", [...options, "--", destination, "true"], (error, _stdout, stderr) => {
      if (error === null) resolve();
      else reject(new Error(`Unable to Connect to Libvirt: ${uri}: ${stderr.trim() || error.message}`));
    });
  });
}
