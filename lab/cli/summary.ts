import { relative } from "node:path";
import { changedCount, type Console, duration, type LabFolder, type Outcome } from "../engine";
import type { WorldSummary } from "../world";
import type { StackOutputs } from "./outputs";
import type { Phases } from "./phases";
import type { WorldKind } from "./worldKind";

/** What the reader has before them, and what they can do with it. */
const explanations: Record<WorldKind, [string, string][]> = {
  sim: [
    ["Real here", "the program, Pulumi engine and state, npm packages; Talos secrets and machine configs, by talosctl"],
    ["Simulated", "cloud, KVM host, tailnet, machines and Kubernetes: they live only while a lab command runs"],
    ["Next", "`npm start` again changes nothing; `npm run lab:down` destroys it; the README deploys it for real"],
  ],
  netns: [
    [
      "Real here",
      "all of the program; networks, NAT, Open vSwitch, tailnet, etcd, Kubernetes, Flannel and pods: they run on",
    ],
    ["Stands in", "the APIs of cloud and libvirt, and the Talos machine (docs/lab.md)"],
    ["Next", "`npm run lab -- kubectl get nodes`; `npm start` again changes nothing; `npm run lab:down` destroys it"],
  ],
};

export interface UpResult {
  kind: WorldKind;
  outcome: Outcome;
  outputs: StackOutputs;
  world: WorldSummary;
  folder: LabFolder;
  phases: Pick<Phases, "list">;
  root: string;
}

/** `12 created, 1 updated`, or that nothing changed. */
export function changesLine(changes: Record<string, number>): string {
  const same = changes["same"] ?? 0;
  if (changedCount(changes) === 0) return `Nothing changed: all ${same} resources are as they should be.`;
  const words: Record<string, string> = {
    create: "created",
    update: "updated",
    delete: "deleted",
    replace: "replaced",
  };
  const parts = Object.entries(changes)
    .filter(([operation, count]) => operation in words && count > 0)
    .map(([operation, count]) => `${count} ${words[operation] ?? operation}`);
  return `${parts.join(", ")}${same > 0 ? `, ${same} unchanged` : ""}.`;
}

/** Names of nodes that are not Ready as the world sees them. */
export function notReady(outputs: StackOutputs, world: WorldSummary): string[] {
  const ready = new Set(world.nodes.filter((node) => node.ready).map((node) => node.name));
  return outputs.nodes.filter((node) => !ready.has(node.name)).map((node) => node.name);
}

export function printSummary(console: Console, result: UpResult): void {
  const { outputs, outcome, folder, phases, root } = result;
  console.heading(heading(console, result));
  console.line();
  for (const line of nodeTable(console, result)) console.line(`  ${line}`);
  console.line();
  const facts: [string, string][] = [
    ["Changes", changesLine(outcome.changes)],
    ...(outputs.checks.length > 0 ? [["Checks", checksLine(outputs)] satisfies [string, string]] : []),
    ...(outputs.kubeconfig ? [["Kubeconfig", relative(root, folder.kubeconfig)] satisfies [string, string]] : []),
    ...(outputs.talosconfig ? [["Talosconfig", relative(root, folder.talosconfig)] satisfies [string, string]] : []),
    [
      "Time",
      phases
        .list()
        // What was there already takes no time worth a word.
        .filter(({ milliseconds }) => milliseconds >= 100)
        .map(({ name, milliseconds }) => `${name} ${duration(milliseconds)}`)
        .join(", "),
    ],
    ...explanations[result.kind],
  ];
  const width = Math.max(...facts.map(([name]) => name.length));
  for (const [name, text] of facts) console.line(`  ${console.bold(name.padEnd(width))}  ${text}`);
}

function heading(console: Console, { outputs, world }: UpResult): string {
  const missing = notReady(outputs, world).length;
  const count = outputs.nodes.length;
  if (missing > 0)
    return console.red(
      `The update is done, but ${missing} of ${count} nodes ${missing === 1 ? "is" : "are"} not Ready`,
    );
  return `The cluster is up: ${count} ${count === 1 ? "node" : "nodes"}${outputs.endpoint ? `, ${outputs.endpoint}` : ""}`;
}

/** `passed on all 3 nodes`: the program lists a node only when its checks have passed. */
function checksLine({ checks, nodes }: StackOutputs): string {
  const own = nodes.filter(({ name }) => checks.includes(name)).length;
  if (own === nodes.length) return `passed on all ${own} nodes: every pair of pods, Services, DNS and the way out`;
  return `passed on ${checks.join(", ")} only`;
}

function nodeTable(console: Console, { outputs, world }: UpResult): string[] {
  const missing = new Set(notReady(outputs, world));
  const header = ["NODE", "ROLE", "PLACE", "TAILNET ADDRESS", "STATE"];
  const rows = outputs.nodes.map((node) => [
    node.name,
    node.role === "controlplane" ? "control plane" : node.role,
    node.place,
    node.address,
    missing.has(node.name) ? "not Ready" : "Ready",
  ]);
  const widths = header.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const format = (row: string[]): string => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  ");
  return [
    console.dim(format(header).trimEnd()),
    ...rows.map((row) => {
      const paint = row.at(-1) === "Ready" ? console.green.bind(console) : console.red.bind(console);
      const state = row.at(-1) ?? "";
      return (
        format([...row.slice(0, -1), ""])
          .trimEnd()
          .padEnd(sum(widths.slice(0, -1)) + 2 * (widths.length - 1)) + paint(state)
      );
    }),
  ];
}

function sum(numbers: number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
