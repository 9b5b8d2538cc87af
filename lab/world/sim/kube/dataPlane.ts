/** Who reaches whom over the pod network, as tables for the tools in the pods. */
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { listAt, numberAt, textAt } from "../../json";
import { isIn } from "../addresses";
import { FLANNEL_ADDRESS, isReady, machineOfNode } from "../cluster/nodes";
import { hasInternet, machineSeenFrom } from "../machine/reach";
import type { Cluster, KubeObject } from "../model";
import type { Sim } from "../sim";
import { backends } from "./controllers/services";
import { nodeOf, podAddress } from "./pods";
import { get, list, NODES, PODS, SERVICES } from "./store";

const TAILNET = "100.64.0.0/10";

/** Brings the tables of all running commands up to date. */
export function writeNetworkTables(sim: Sim, cluster: Cluster): void {
  for (const pod of list(cluster, PODS)) {
    const folder = join(sim.dir, "pods", pod.metadata.uid, "net");
    if (sim.running.has(pod.metadata.uid) && existsSync(folder)) writeNetworkTable(sim, cluster, pod, folder);
  }
}

/**
 * `names`: DNS names with their addresses; `pings`: addresses that answer; `targets`: address, port and folder of web servers; `dns` and `egress`
 * hold something when DNS and the Internet answer.
 */
export function writeNetworkTable(sim: Sim, cluster: Cluster, pod: KubeObject, folder: string): void {
  const from = get(cluster, NODES, "", nodeOf(pod) ?? "");
  const names: string[] = [];
  const pings: string[] = [];
  const targets: string[] = [];
  const works = from !== undefined && isReady(from);
  for (const peer of works ? list(cluster, PODS) : []) {
    const address = podAddress(peer);
    if (address === undefined || !reaches(sim, from, get(cluster, NODES, "", nodeOf(peer) ?? ""))) continue;
    pings.push(address);
    const served = servedBy(sim, peer);
    if (served) targets.push(`${address} ${served.port} ${served.folder}`);
  }
  for (const service of works ? list(cluster, SERVICES) : []) {
    const addresses = addressesOf(cluster, service);
    names.push(...namesOf(service, pod).flatMap((name) => addresses.map((address) => `${name} ${address}`)));
    targets.push(...throughService(sim, cluster, service, from));
  }
  const machine = from && machineOfNode(sim, from);
  write(folder, "names", names);
  write(folder, "pings", pings);
  write(folder, "targets", targets);
  write(folder, "dns", works ? ["ok"] : []);
  write(folder, "egress", works && machine && hasInternet(sim, machine) ? ["ok"] : []);
}

/** Flannel's tunnel between two nodes: their VTEPs must reach each other. */
function reaches(sim: Sim, from: KubeObject | undefined, to: KubeObject | undefined): boolean {
  if (!from || !to || !isReady(from) || !isReady(to)) return false;
  if (from.metadata.name === to.metadata.name) return true;
  const [a, b] = [from, to].map((node) => node.metadata.annotations?.[FLANNEL_ADDRESS] ?? "");
  const [sender, receiver] = [machineOfNode(sim, from), machineOfNode(sim, to)];
  if (!a || !b || !sender || !receiver || isIn(TAILNET, a) !== isIn(TAILNET, b)) return false;
  return machineSeenFrom(sim, sender, b)?.id === receiver.id && machineSeenFrom(sim, receiver, a)?.id === sender.id;
}

/** kube-proxy picks any of the pods behind a Service, so the Service works when all of them can be reached. */
function throughService(sim: Sim, cluster: Cluster, service: KubeObject, from: KubeObject | undefined): string[] {
  const pods = backends(cluster, service);
  const address = textAt(service, "spec", "clusterIP") ?? "None";
  if (address === "None" || pods.length === 0) return [];
  if (!pods.every((pod) => reaches(sim, from, get(cluster, NODES, "", nodeOf(pod) ?? "")))) return [];
  return listAt(service, "spec", "ports").flatMap((port) => {
    const wanted = numberAt(port, "targetPort") ?? numberAt(port, "port");
    const served = pods.map((pod) => servedBy(sim, pod)).find((candidate) => candidate?.port === wanted);
    return served ? [`${address} ${numberAt(port, "port") ?? 0} ${served.folder}`] : [];
  });
}

/** What a pod's web server said it serves. */
function servedBy(sim: Sim, pod: KubeObject): { port: number; folder: string } | undefined {
  const file = join(sim.dir, "pods", pod.metadata.uid, "served");
  if (!existsSync(file)) return undefined;
  const [port = "", ...folder] = readFileSync(file, "utf8").trim().split(" ");
  return { port: Number(port), folder: folder.join(" ") };
}

/** A headless Service's name leads to its pods. */
function addressesOf(cluster: Cluster, service: KubeObject): string[] {
  const address = textAt(service, "spec", "clusterIP") ?? "None";
  return address === "None" ? backends(cluster, service).map((pod) => podAddress(pod) ?? "") : [address];
}

/** With the search domains that a pod has, a Service has several names. */
function namesOf(service: KubeObject, pod: KubeObject): string[] {
  const namespace = service.metadata.namespace ?? "";
  const short = `${service.metadata.name}.${namespace}`;
  const names = [`${short}.svc.cluster.local`, `${short}.svc`, short];
  return namespace === pod.metadata.namespace ? [...names, service.metadata.name] : names;
}

/** Commands read the tables while they are rewritten: each is swapped in whole. */
function write(folder: string, name: string, lines: string[]): void {
  const file = join(folder, name);
  const text = lines.map((line) => `${line}\n`).join("");
  if (existsSync(file) && readFileSync(file, "utf8") === text) return;
  writeFileSync(`${file}.new`, text);
  renameSync(`${file}.new`, file);
}
