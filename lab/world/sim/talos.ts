/** The Talos API of the machines, as the Terraform provider uses it. */
import { numberAt, objectAt, textAt, textsIn } from "../json";
import type { JsonObject } from "../json";
import { certificateMistake, issueCertificate } from "../server/certificates";
import { WorldError } from "../world";
import { stringify } from "yaml";
import { bootstrap, servesApi } from "./cluster/cluster";
import { clusterOf, configOf } from "./cluster/identity";
import { install } from "./machine/boot";
import { readMachineConfig } from "./machine/config";
import { deviceOf, isOnline, machineAt, machineSeenFrom } from "./machine/reach";
import { configMistake } from "./machine/validate";
import type { Machine } from "./model";
import { eventually } from "./sim";
import type { Sim } from "./sim";

export const PORT = 50_000;

export async function talosCall(sim: Sim, verb: string, params: JsonObject): Promise<unknown> {
  switch (verb) {
    case "apply":
      return apply(sim, params);
    case "bootstrap": {
      const machine = await reach(sim, params);
      bootstrap(sim, machine);
      return {};
    }
    case "kubeconfig":
      return kubeconfig(sim, params);
    case "health":
      return health(sim, params);
    default:
      throw new WorldError(`no such call: talos.${verb}`, 404);
  }
}

const patienceOf = (sim: Sim, params: JsonObject): number => {
  const seconds = numberAt(params, "timeoutSeconds");
  return seconds === undefined ? sim.pace.patience : seconds * 1000;
};

/** The machine that the call is for, once it is in the tailnet and takes the client's certificate. */
async function reach(sim: Sim, params: JsonObject): Promise<Machine> {
  const node = textAt(params, "node") ?? "";
  const machine = await eventually(patienceOf(sim, params), () => {
    const found = throughEndpoint(sim, textAt(params, "endpoint") ?? node, node);
    return found && isOnline(sim, found) ? found : undefined;
  });
  if (!machine) throw unreachable(sim, node);
  authenticate(machine, objectAt(params, "clientConfiguration"));
  return machine;
}

/** The endpoint passes a call on to the node, which it may know by an address of its own network. */
function throughEndpoint(sim: Sim, endpoint: string, node: string): Machine | undefined {
  const first = machineAt(sim, endpoint, PORT);
  return endpoint === node || !first ? first : machineSeenFrom(sim, first, node);
}

function unreachable(sim: Sim, node: string): WorldError {
  const machine = Object.values(sim.state.machines).find(
    (candidate) => candidate.attachment.address === node || deviceOf(sim, candidate)?.address === node,
  );
  const why = machine?.problem === undefined ? "" : ` (console of ${machine.name}: ${machine.problem})`;
  return new WorldError(
    `rpc error: code = Unavailable desc = connection error: desc = "transport: Error while dialing: dial tcp ${node}:${PORT}: i/o timeout"${why}`,
    504,
  );
}

function authenticate(machine: Machine, client: JsonObject): void {
  const ca = configOf(machine)?.machineCa.crt ?? "";
  const pem = (field: string) => Buffer.from(textAt(client, field) ?? "", "base64").toString("utf8");
  const mistake =
    pem("caCertificate").trim() === ca.trim()
      ? certificateMistake({ cert: pem("clientCertificate"), key: pem("clientKey") }, ca)
      : "x509: certificate signed by unknown authority";
  if (mistake !== undefined) {
    throw new WorldError(
      `rpc error: code = Unavailable desc = connection error: desc = "transport: authentication handshake failed: tls: failed to verify certificate: ${mistake}"`,
    );
  }
}

async function apply(sim: Sim, params: JsonObject): Promise<{ mode: string }> {
  const node = textAt(params, "node") ?? "";
  const config = textAt(params, "machineConfig") ?? "";
  const machine = await eventually(patienceOf(sim, params), () => {
    const found = throughEndpoint(sim, textAt(params, "endpoint") ?? node, node);
    // After its first config a machine reboots, and answers again once it is in the tailnet.
    return found && (found.stage === "maintenance" || isOnline(sim, found)) ? found : undefined;
  });
  if (!machine) throw unreachable(sim, node);
  // In maintenance mode the machine has no CA yet, and trusts whoever reaches it.
  if (machine.stage !== "maintenance") authenticate(machine, objectAt(params, "clientConfiguration"));
  const mistake = await configMistake(sim, config, machine.place === "cloud" ? "cloud" : "metal");
  if (mistake !== undefined)
    throw new WorldError(`rpc error: code = InvalidArgument desc = configuration validation failed: ${mistake}`);
  if (machine.stage === "maintenance") {
    install(sim, machine, config);
    return { mode: "reboot" };
  }
  return { mode: change(sim, machine, config, textAt(params, "applyMode") ?? "auto") };
}

/** A later config: what can is taken over at once; what needs a reboot is staged where the mode says so. */
function change(sim: Sim, machine: Machine, text: string, mode: string): string {
  const [before, after] = [readMachineConfig(machine.config ?? ""), readMachineConfig(text)];
  if (before.role !== after.role) {
    throw new WorldError(
      "rpc error: code = InvalidArgument desc = the type of a machine cannot be changed: reset it and start anew",
    );
  }
  const needsReboot = before.atBoot !== after.atBoot;
  if (needsReboot && mode === "no_reboot") {
    throw new WorldError(
      "rpc error: code = InvalidArgument desc = this config change can't be applied in immediate mode",
    );
  }
  if (mode === "staged" || (needsReboot && mode === "staged_if_needing_reboot")) return "staged";
  machine.config = text;
  sim.changed();
  return needsReboot || mode === "reboot" ? "reboot" : "no_reboot";
}

async function kubeconfig(sim: Sim, params: JsonObject): Promise<JsonObject> {
  const machine = await reach(sim, params);
  const found = await eventually(patienceOf(sim, params), () =>
    servesApi(sim, machine) ? clusterOf(sim, machine) : undefined,
  );
  if (!found)
    throw new WorldError(
      "rpc error: code = Unavailable desc = the Kubernetes API of this node is not up: is etcd bootstrapped?",
      504,
    );
  const admin = issueCertificate(
    { commonName: "admin", organization: "system:masters", use: "client", days: 365 },
    { cert: found.ca.crt, key: found.ca.key },
  );
  const base64 = (text: string) => Buffer.from(text).toString("base64");
  const client = {
    host: found.endpoint,
    caCertificate: base64(found.ca.crt),
    clientCertificate: base64(admin.cert),
    clientKey: base64(admin.key),
  };
  const user = `admin@${found.name}`;
  const kubeconfigRaw = stringify({
    apiVersion: "v1",
    kind: "Config",
    clusters: [
      { name: found.name, cluster: { server: client.host, "certificate-authority-data": client.caCertificate } },
    ],
    users: [
      {
        name: user,
        user: { "client-certificate-data": client.clientCertificate, "client-key-data": client.clientKey },
      },
    ],
    contexts: [{ name: user, context: { cluster: found.name, namespace: "default", user } }],
    "current-context": user,
  });
  return { kubeconfigRaw, ...client };
}

/** Waits until everything that is named is healthy; says what is not when patience ends. */
async function health(sim: Sim, params: JsonObject): Promise<{ ok: true }> {
  const controlPlanes = textsIn(params, "controlPlaneNodes");
  const nodes = [...controlPlanes, ...textsIn(params, "workerNodes")];
  const [endpoint = ""] = textsIn(params, "endpoints");
  const first = await reach(sim, { ...params, node: endpoint, endpoint });
  let problem: string | undefined;
  const healthy = await eventually(patienceOf(sim, params), () => {
    problem = nodes.map((node) => unhealthy(sim, first, node, controlPlanes)).find((found) => found !== undefined);
    return problem === undefined ? true : undefined;
  });
  if (healthy) return { ok: true };
  throw new WorldError(`cluster health check failed: ${problem ?? "no nodes were named"}`);
}

function unhealthy(sim: Sim, from: Machine, node: string, controlPlanes: string[]): string | undefined {
  const machine = machineSeenFrom(sim, from, node);
  if (!machine || !isOnline(sim, machine)) {
    const known = Object.values(sim.state.machines).find((candidate) => candidate.attachment.address === node);
    return `node ${node}: apid is not ready${known?.problem === undefined ? "" : ` (${known.name}: ${known.problem})`}`;
  }
  const cluster = clusterOf(sim, machine);
  if (controlPlanes.includes(node)) {
    if (machine.etcdSince === undefined)
      return `node ${node}: etcd is not running${machine.problem === undefined ? "" : ` (${machine.problem})`}`;
    if (cluster && cluster.members.length !== controlPlanes.length) {
      return `etcd has ${cluster.members.length} members, but ${controlPlanes.length} control planes were named`;
    }
    if (!servesApi(sim, machine)) return `node ${node}: kube-apiserver is not ready`;
  }
  return machine.registered
    ? undefined
    : `node ${node}: kubelet is not ready${machine.problem === undefined ? "" : ` (${machine.problem})`}`;
}
