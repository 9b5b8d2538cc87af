/** Containers' commands are really run, by the machine's own shell, in a folder and with tools that stand for the pod's. */
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { listAt, textAt, textsAt, textsIn } from "../../json";
import { podToolsIn } from "../install";
import type { Cluster, KubeObject } from "../model";
import { timestamp } from "../sim";
import type { Sim } from "../sim";
import { writeNetworkTable } from "./dataPlane";
import { nodeIsReady, nodeOf, phaseOf, setPhase } from "./pods";
import { CONFIG_MAPS, get, list, PODS } from "./store";

/** No command of a pod runs longer, whatever it waits for. */
const LONGEST_MS = 300_000;
/** What Kubernetes keeps of a termination message, and of a log in its place. */
const MESSAGE_BYTES = 4096;
const LOG_BYTES = 2048;
/** Folders of the image that commands write to: in the lab they lie in the pod's own. */
const WRITABLE = ["/www", "/tmp", "/srv", "/data", "/var/www"];

const podFolder = (sim: Sim, pod: KubeObject): string => join(sim.dir, "pods", pod.metadata.uid);

/** Removes what commands left behind whose pods are gone. */
export function clearPodFolders(sim: Sim): void {
  const folder = join(sim.dir, "pods");
  const pods = Object.values(sim.state.clusters).flatMap((cluster) => list(cluster, PODS));
  const kept = new Set(pods.map((pod) => pod.metadata.uid));
  for (const uid of existsSync(folder) ? readdirSync(folder) : []) {
    if (!kept.has(uid)) rmSync(join(folder, uid), { recursive: true, force: true });
  }
}

/** Starts every pod that has a node that answers. `ended` is called after each. */
export function runPendingPods(sim: Sim, cluster: Cluster, ended: () => void): void {
  for (const pod of list(cluster, PODS)) {
    if (phaseOf(pod) !== "Pending" || nodeOf(pod) === undefined || !nodeIsReady(cluster, pod)) continue;
    if (sim.running.has(pod.metadata.uid)) continue;
    const isJob = listAt(pod, "metadata", "ownerReferences").some((owner) => textAt(owner, "kind") === "Job");
    // A server without a web server in its command has nothing that the others could ask for: it simply runs.
    if (isJob || /\bhttpd\b/.test(commandOf(pod).join(" "))) start(sim, cluster, pod, isJob, ended);
    else setPhase(cluster, pod, "Running", { running: { startedAt: timestamp() } });
  }
}

/** Ends the pod's command, if it still runs, with everything that it started. */
export function stopPod(sim: Sim, pod: KubeObject): void {
  const child = sim.running.get(pod.metadata.uid);
  if (child?.pid !== undefined) process.kill(-child.pid, "SIGKILL");
}

function start(sim: Sim, cluster: Cluster, pod: KubeObject, isJob: boolean, ended: () => void): void {
  const folder = podFolder(sim, pod);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(join(folder, "net"), { recursive: true });
  const mounts = mountVolumes(cluster, pod, folder);
  const terminationLog = join(folder, "termination-log");
  const inFolder = (text: string) => translate(text, [...mounts, ["/dev/termination-log", terminationLog]], folder);
  writeNetworkTable(sim, cluster, pod, join(folder, "net"));

  const [program = "sh", ...args] = commandOf(pod).map(inFolder);
  const child = spawn(program.split("/").pop() ?? "sh", args, {
    cwd: folder,
    // A group of its own, so that it can be ended with all that it started.
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
    env: {
      ...environmentOf(pod),
      PATH: podToolsIn(sim.dir),
      HOME: folder,
      HOSTNAME: pod.metadata.name,
      TERMINATION_LOG: terminationLog,
      LAB_POD: folder,
      LAB_NET: join(folder, "net"),
    },
  });
  sim.running.set(pod.metadata.uid, child);
  const began = timestamp();
  let log = "";
  const collect = (part: Buffer) => {
    log += part.toString("utf8");
  };
  child.stdout.on("data", collect);
  child.stderr.on("data", collect);
  const timer = setTimeout(() => {
    stopPod(sim, pod);
  }, LONGEST_MS);
  if (isJob) setPhase(cluster, pod, "Running", { running: { startedAt: began } });

  let isOver = false;
  const over = (exitCode: number) => {
    if (isOver) return;
    isOver = true;
    clearTimeout(timer);
    sim.running.delete(pod.metadata.uid);
    const current = get(cluster, PODS, pod.metadata.namespace ?? "", pod.metadata.name);
    if (current?.metadata.uid !== pod.metadata.uid || sim.closing) return;
    cluster.logs[pod.metadata.uid] = log;
    if (isJob || !existsSync(join(folder, "served"))) {
      const message = terminationMessage(current, terminationLog, log, exitCode);
      const reason = exitCode === 0 ? "Completed" : "Error";
      const terminated = {
        exitCode,
        reason,
        ...(message !== "" && { message }),
        startedAt: began,
        finishedAt: timestamp(),
      };
      setPhase(cluster, current, exitCode === 0 && isJob ? "Succeeded" : "Failed", { terminated });
    } else setPhase(cluster, current, "Running", { running: { startedAt: began } });
    ended();
  };
  child.on("error", (error) => {
    log += `${error.message}\n`;
    over(127);
  });
  child.on("close", (code) => {
    over(code ?? 137);
  });
}

const commandOf = (pod: KubeObject): string[] => {
  const container = listAt(pod, "spec", "containers")[0];
  const command = [...textsIn(container, "command"), ...textsIn(container, "args")];
  return command.length > 0 ? command : ["true"];
};

function environmentOf(pod: KubeObject): Record<string, string> {
  const environment: Record<string, string> = {};
  for (const variable of listAt(pod, "spec", "containers", 0, "env")) {
    const field = textAt(variable, "valueFrom", "fieldRef", "fieldPath");
    const value = field === undefined ? textAt(variable, "value") : fieldOf(pod, field);
    environment[textAt(variable, "name") ?? ""] = value ?? "";
  }
  return environment;
}

function fieldOf(pod: KubeObject, path: string): string | undefined {
  const [, map, key] = /^metadata\.(labels|annotations)\['(.+)'\]$/.exec(path) ?? [];
  return map !== undefined && key !== undefined ? textAt(pod, "metadata", map, key) : textAt(pod, ...path.split("."));
}

/** Writes ConfigMaps to where the container mounts them. @returns mount paths with their folders. */
function mountVolumes(cluster: Cluster, pod: KubeObject, folder: string): [string, string][] {
  return listAt(pod, "spec", "containers", 0, "volumeMounts").map((mount, index) => {
    const target = join(folder, `volume-${index}`);
    mkdirSync(target);
    const volume = listAt(pod, "spec", "volumes").find(
      (candidate) => textAt(candidate, "name") === textAt(mount, "name"),
    );
    const map = get(cluster, CONFIG_MAPS, pod.metadata.namespace ?? "", textAt(volume, "configMap", "name") ?? "");
    for (const [name, text] of Object.entries(textsAt(map, "data"))) writeFileSync(join(target, name), text);
    return [textAt(mount, "mountPath") ?? "", target];
  });
}

/** Absolute paths of the container become paths in the pod's folder; all in one pass, since that folder's own path may look like one. */
function translate(text: string, mounts: [string, string][], folder: string): string {
  const places = new Map([...WRITABLE.map((path): [string, string] => [path, join(folder, path)]), ...mounts]);
  const paths = [...places.keys()]
    .sort((a, b) => b.length - a.length)
    .map((path) => path.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  const pattern = new RegExp(`(?<=^|[\\s="':>(])(?:${paths.join("|")})(?![\\w-])`, "g");
  return text.replace(pattern, (path) => {
    const place = places.get(path) ?? path;
    mkdirSync(dirname(place), { recursive: true });
    return place;
  });
}

function terminationMessage(pod: KubeObject, file: string, log: string, exitCode: number): string {
  const said = existsSync(file) ? readFileSync(file, "utf8").slice(0, MESSAGE_BYTES) : "";
  if (said !== "") return said;
  const policy = textAt(pod, "spec", "containers", 0, "terminationMessagePolicy");
  return policy === "FallbackToLogsOnError" && exitCode !== 0 ? log.slice(-LOG_BYTES) : "";
}
