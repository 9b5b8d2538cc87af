import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Console, findBinaries, findNetnsTools, type LabFolder, Mistake } from "../engine";
import { machinesIn, Namespace, NetnsLab, type SeenMachine } from "../world";
import { checkoutFolder } from "./session";
import { worldKind } from "./worldKind";

const help = `Commands for a lab that runs in network namespaces (npm start -- --world netns):

  npm run lab -- status                 machines, their state, and what they wait for
  npm run lab -- kubectl ARGUMENTS      kubectl, from the operator's place in the tailnet
  npm run lab -- talosctl ARGUMENTS     talosctl, from there
  npm run lab -- shell NODE             a shell inside a machine
  npm run lab -- logs NODE [SERVICE]    the log of a service, or what the machine's screen shows
  npm run lab -- down                   destroy all of it (npm run lab:down)
`;

/** `npm run lab -- …`: what a person does with a cluster that runs. */
export async function live(root: string, console: Console, args: string[]): Promise<number> {
  const [command, ...rest] = args;
  if (command === undefined || ["help", "--help", "-h"].includes(command)) {
    console.line(help);
    return 0;
  }
  const folder = checkoutFolder(root);
  if (!folder.exists() || worldKind(folder, undefined) !== "netns")
    throw new Mistake("There is no lab that runs: `npm start -- --world netns` builds one.");
  const lab = new NetnsLab(folder.world);
  switch (command) {
    case "status":
      return status(lab, console);
    case "kubectl":
      return inOperator(lab, join((await findNetnsTools(console)).binaries, "kubectl"), rest, folder);
    case "talosctl":
      return inOperator(lab, (await findBinaries(console)).talosctl, rest, folder);
    case "shell":
      return shell(machineOf(lab, rest[0]));
    case "logs":
      return logs(machineOf(lab, rest[0]), rest[1], console);
    default:
      throw new Mistake(`There is no \`npm run lab -- ${command}\`; --help lists what there is.`);
  }
}

function status(lab: NetnsLab, console: Console): number {
  for (const { name, status: seen } of machinesIn(lab)) {
    const state = seen?.nodeReady ? console.green("Ready") : console.red(seen?.stage ?? "off");
    console.line(`${console.bold(name)}  ${seen?.role ?? ""}  ${(seen?.addresses ?? []).join(" ")}  ${state}`);
    if (seen?.problem !== undefined) console.line(`  ${seen.problem}`);
    for (const service of seen?.services ?? [])
      console.line(`  ${service.id}  ${service.state}  ${console.dim(service.message)}`);
  }
  return 0;
}

/** The operator's computer reaches the tailnet; this one does not. */
function inOperator(lab: NetnsLab, program: string, args: string[], folder: LabFolder): number {
  const namespace = new Namespace(lab.namespaceName("operator"));
  const env = { ...process.env, KUBECONFIG: folder.kubeconfig, TALOSCONFIG: folder.talosconfig };
  const command = [`--net=${namespace.path}`, "--", program, ...args];
  return spawnSync("nsenter", command, { env, stdio: "inherit" }).status ?? 1;
}

function shell(machine: SeenMachine): number {
  if (machine.firstProcess === undefined) throw new Mistake(`${machine.name} is off.`);
  const command = ["--target", String(machine.firstProcess), "--mount", "--uts", "--pid", "--net", "--", "sh", "-i"];
  return spawnSync("nsenter", command, { stdio: "inherit" }).status ?? 1;
}

function logs(machine: SeenMachine, service: string | undefined, console: Console): number {
  const folder = join(machine.folder, "logs");
  const file = service === undefined ? join(machine.folder, "console.log") : join(folder, `${service}.log`);
  if (!existsSync(file)) {
    const known = existsSync(folder) ? readdirSync(folder).map((name) => name.replace(/\.log$/, "")) : [];
    throw new Mistake(
      `${machine.name} has no log of ${service ?? "its screen"}; its services are ${known.join(", ")}.`,
    );
  }
  console.line(readFileSync(file, "utf8").trimEnd());
  return 0;
}

function machineOf(lab: NetnsLab, name: string | undefined): SeenMachine {
  const machines = machinesIn(lab);
  const found = machines.find((machine) => machine.name === name);
  if (!found) {
    const known = machines.map((machine) => machine.name).join(", ");
    throw new Mistake(name === undefined ? `Name a node: ${known}.` : `There is no node ${name}; there are ${known}.`);
  }
  return found;
}
