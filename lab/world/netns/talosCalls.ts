/** The calls of the Talos plugin, made by the real talosctl to the machines' own Talos API. */
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { parse, stringify } from "yaml";
import { PrivateFolder } from "../../privateFolder";
import { at, flagAt, numberAt, objectAt, textAt, textsIn } from "../json";
import type { JsonObject } from "../json";
import { WorldError } from "../world";

export interface TalosAccess {
  /** Path of the real talosctl. */
  talosctl: string;
  /** Puts a process where the operator is: in the tailnet and at the sites' LANs. */
  env: Record<string, string>;
}

interface Ended {
  code: number;
  stdout: string;
  stderr: string;
}

const defaultPatienceSeconds = 20;
const pauseMs = 1000;
/** One try must not use up all of the call's time: the machine may have been restarted meanwhile. */
const tryMs = 30_000;
const outputBytes = 64 * 1024 * 1024;

/** What may pass by itself: nobody listens yet, or the machine is starting. */
const passing =
  /code = (Unavailable|DeadlineExceeded|Unknown desc = .*(EOF|refused))|connection refused|i\/o timeout|deadline exceeded|error reading server preface|502 Bad Gateway|transport/i;
/** A machine that waits for its first config has no certificate of the cluster, and asks for none. */
const maintenance = /certificate signed by unknown authority|x509: |tls: (unknown certificate|bad certificate)/i;

/** The first of the checks of Kubernetes. The provider can leave them out; talosctl can't. */
const kubernetesChecks = /waiting for all k8s nodes to report/;

export async function talosCall(access: TalosAccess, verb: string, params: JsonObject): Promise<unknown> {
  return PrivateFolder.use(async (folder) => {
    const call = new TalosCall(access, folder, params);
    await call.writeTalosconfig();
    switch (verb) {
      case "apply":
        return call.apply();
      case "bootstrap":
        await call.talosctl(["bootstrap"]);
        return {};
      case "kubeconfig":
        return call.kubeconfig();
      case "health":
        return call.health();
      default:
        throw new WorldError(`no such call: talos.${verb}`, 404);
    }
  });
}

class TalosCall {
  private readonly end: number;

  constructor(
    private readonly access: TalosAccess,
    private readonly folder: PrivateFolder,
    private readonly params: JsonObject,
  ) {
    this.end = Date.now() + (numberAt(params, "timeoutSeconds") ?? defaultPatienceSeconds) * 1000;
  }

  async writeTalosconfig(): Promise<void> {
    const client = objectAt(this.params, "clientConfiguration");
    const [node = ""] = [textAt(this.params, "node"), ...textsIn(this.params, "controlPlaneNodes")].filter(Boolean);
    const endpoints = textsIn(this.params, "endpoints");
    const context = {
      endpoints: endpoints.length > 0 ? endpoints : [textAt(this.params, "endpoint") ?? node],
      nodes: [node],
      ca: textAt(client, "caCertificate") ?? "",
      crt: textAt(client, "clientCertificate") ?? "",
      key: textAt(client, "clientKey") ?? "",
    };
    await this.folder.write("talosconfig", stringify({ context: "lab", contexts: { lab: context } }));
  }

  async apply(): Promise<{ mode: string }> {
    const file = await this.folder.write("config.yaml", textAt(this.params, "machineConfig") ?? "");
    const wanted = textAt(this.params, "applyMode") ?? "auto";
    if (wanted === "staged_if_needing_reboot") {
      const tried = await this.applyConfig(file, ["--mode", "auto", "--dry-run"]);
      return this.applyConfig(file, ["--mode", tried.mode === "reboot" ? "staged" : "no-reboot"]);
    }
    return this.applyConfig(file, ["--mode", wanted.replaceAll("_", "-")]);
  }

  private async applyConfig(file: string, options: string[]): Promise<{ mode: string }> {
    const apply = ["apply-config", "--file", file, ...options];
    const inMaintenance = [...apply, "--insecure", "--nodes", textAt(this.params, "node") ?? ""];
    const { stdout, stderr } = await this.until(async () => {
      const first = await this.run(apply);
      return first.code !== 0 && maintenance.test(first.stderr) ? this.run(inMaintenance) : first;
    });
    return { mode: modeIn(stdout + stderr) };
  }

  async kubeconfig(): Promise<JsonObject> {
    const file = this.folder.file("kubeconfig");
    await this.talosctl(["kubeconfig", file, "--merge=false", "--force"]);
    const kubeconfigRaw = await readFile(file, "utf8");
    const parsed: unknown = parse(kubeconfigRaw);
    const cluster = objectAt(parsed, "clusters", 0, "cluster");
    const user = objectAt(parsed, "users", 0, "user");
    return {
      kubeconfigRaw,
      host: at(cluster, "server"),
      caCertificate: at(cluster, "certificate-authority-data"),
      clientCertificate: at(user, "client-certificate-data"),
      clientKey: at(user, "client-key-data"),
    };
  }

  async health(): Promise<{ ok: true }> {
    const list = (field: string): string => textsIn(this.params, field).join(",");
    const seconds = Math.max(1, Math.floor((this.end - Date.now()) / 1000));
    const workers = list("workerNodes");
    const [endpoint = ""] = textsIn(this.params, "endpoints");
    const args = [
      "health",
      // As the provider asks: from here, not from the machine.
      ...["--server=false", "--k8s-endpoint", `https://${endpoint}:6443`],
      ...["--control-plane-nodes", list("controlPlaneNodes")],
      ...(workers === "" ? [] : ["--worker-nodes", workers]),
      ...["--wait-timeout", `${seconds}s`],
    ];
    const enough = flagAt(this.params, "skipKubernetesChecks") ? kubernetesChecks : undefined;
    const ended = await this.run(args, seconds * 1000 + tryMs, enough);
    if (ended.code === 0) return { ok: true };
    throw new WorldError(`cluster health check failed: ${lastWait(ended.stderr)}`);
  }

  /** Runs the command until it succeeds, for as long as it fails by what may pass and the call has time. */
  async talosctl(args: string[]): Promise<Ended> {
    return this.until(() => this.run(args));
  }

  private async until(attempt: () => Promise<Ended>): Promise<Ended> {
    for (;;) {
      const ended = await attempt();
      if (ended.code === 0) return ended;
      const mayPass = passing.test(ended.stderr);
      if (!mayPass || Date.now() + pauseMs >= this.end)
        throw new WorldError(reasonIn(ended.stderr), mayPass ? 504 : 400);
      await sleep(pauseMs);
    }
  }

  /** @param enough - What talosctl says once all that is asked for has been seen; it is ended then. */
  private run(args: string[], timeout = tryMs, enough?: RegExp): Promise<Ended> {
    const { talosctl, env } = this.access;
    const command = ["--talosconfig", this.folder.file("talosconfig"), ...args];
    const options = {
      env: { PATH: process.env.PATH, HOME: this.folder.path, ...env },
      timeout: Math.max(pauseMs, Math.min(timeout, this.end - Date.now() + tryMs)),
      maxBuffer: outputBytes,
    };
    return new Promise((resolve) => {
      let isEnough = false;
      const child = execFile(talosctl, command, options, (error, stdout, stderr) => {
        const code = error === null || isEnough ? 0 : 1;
        const said = stderr || (error?.message ?? "");
        resolve({ code, stdout, stderr: error?.killed && !isEnough ? `${stderr}\ndeadline exceeded` : said });
      });
      if (!enough) return;
      let said = "";
      child.stderr?.on("data", (chunk: string) => {
        said += chunk;
        if (isEnough || !enough.test(said)) return;
        isEnough = true;
        child.kill();
      });
    });
  }
}

/** How the machine took the config, out of what talosctl prints. */
function modeIn(text: string): string {
  if (/staged/i.test(text)) return "staged";
  return /without a reboot/i.test(text) || !/reboot/i.test(text) ? "no_reboot" : "reboot";
}

/** The sentence of an error, without talosctl's decoration. */
function reasonIn(stderr: string): string {
  const lines = stderr.split("\n").map((line) => line.replace(/^(error|Error):?\s*/, "").trim());
  return lines.filter((line) => line !== "" && !/^(WARNING|Usage:|Flags:)/.test(line)).join("; ") || "talosctl failed";
}

/** `talosctl health` prints what it waits for, line by line; the last one is what it still waited for. */
function lastWait(stderr: string): string {
  const waits = stderr.split("\n").filter((line) => line.startsWith("waiting for") && !line.trimEnd().endsWith("OK"));
  return (waits.at(-1) ?? reasonIn(stderr)).replace(/^waiting for /, "").trim();
}
