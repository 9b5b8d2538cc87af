/** Runs the real talosctl, for whatever needs nothing but Talos' own code: secrets, machine configs and their validation. */
import { execFile } from "node:child_process";
import type { PrivateFolder } from "../../privateFolder";

const timeoutMs = 60_000;
const maxOutputBytes = 64 * 1024 * 1024;
/** More at once only makes each slower. */
const concurrency = 2;

/** What talosctl said; values that are secret are taken out. */
export class TalosctlError extends Error {}

let running = 0;
const waiting: (() => void)[] = [];

/** Runs talosctl in `folder` and gives back what it prints. `secrets` are values that no error may show. */
export async function talosctl(folder: PrivateFolder, args: string[], secrets: string[] = []): Promise<string> {
  if (running >= concurrency) await new Promise<void>((resolve) => waiting.push(resolve));
  else running++;
  try {
    return await execute(folder, args, secrets);
  } finally {
    const next = waiting.shift();
    if (next) next();
    else running--;
  }
}

function execute(folder: PrivateFolder, args: string[], secrets: string[]): Promise<string> {
  const command = process.env.LAB_TALOSCTL ?? "talosctl";
  return new Promise((resolve, reject) => {
    const env = { PATH: process.env.PATH, HOME: folder.path, TALOSCONFIG: folder.file("unused") };
    const options = { cwd: folder.path, env, timeout: timeoutMs, maxBuffer: maxOutputBytes };
    execFile(command, args, options, (error, stdout, stderr) => {
      if (!error) {
        resolve(stdout);
        return;
      }
      const missing = "code" in error && error.code === "ENOENT";
      const reason = missing
        ? "there is no such program"
        : plainReason(stderr, folder.path) || (error.killed ? "it took too long" : error.message);
      reject(new TalosctlError(`talosctl ${args.slice(0, 2).join(" ")}: ${redact(reason, secrets)}`));
    });
  });
}

function plainReason(stderr: string, folder: string): string {
  return stderr
    .replaceAll(`${folder}/`, "")
    .split("\n")
    .filter(
      (line) =>
        line.trim() !== "" &&
        line !== "generating PKI and tokens" &&
        !/^(Usage:|Flags:|Global Flags:|\s+-{1,2}\w)/.test(line),
    )
    .join("\n")
    .replace(/^Error:\s*/, "")
    .trim();
}

function redact(message: string, secrets: string[]): string {
  return secrets
    .filter((value) => value.length >= 8)
    .reduce((clean, value) => clean.replaceAll(value, "[secret]"), message)
    .replace(/tskey-[A-Za-z0-9-]+/g, "[secret]");
}
