/** Figures as Markdown tables. Pure. */
import { duration } from "../engine/console";
import type { Measured } from "./benchLab";
import type { NodesCase, NodesCommand } from "./nodes";
import type { Overhead } from "./overhead";
import { kinds, total } from "./processes";
import type { FreshStart } from "./start";
import type { StartUp } from "./startUp";
import { growth, type Spread } from "./statistics";

export function startUpLines({ previewMs, peak, firstResourceMs }: StartUp): string[] {
  return [
    ...table(
      ["", "least", "median", "runs"],
      [
        ["`preview` of `dev`", ...spreadCells(previewMs)],
        ["program start to first resource, `dev`", ...spreadCells(firstResourceMs.dev)],
        ["program start to first resource, `lab`, empty", ...spreadCells(firstResourceMs.empty)],
        ["program start to first resource, `lab`, existing", ...spreadCells(firstResourceMs.existing)],
      ],
    ),
    "",
    ...table(
      ["peak memory of that `preview`", ...kinds, "sum"],
      [["MiB", ...kinds.map((kind) => mebibytes(peak[kind])), mebibytes(total(peak))]],
    ),
  ];
}

export function nodesLines(cases: NodesCase[]): string[] {
  const rows = cases.flatMap(({ nodes, commands }) =>
    commands.map(({ command, measured }) => nodesRow(nodes, command, measured)),
  );
  const head = ["edge nodes", "command", "wall", "resources", "ms each", "peak MiB", "state MiB", "CPU s: program"];
  return [...table([...head, "engine", "dynamic", "plugins", "world"], rows), ...growthLines(cases)];
}

function nodesRow(nodes: number, command: NodesCommand, measured: Measured): string[] {
  const { milliseconds, resources, peak, stateBytes, cpu, worldCpuMs } = measured;
  return [
    String(nodes),
    command === "unchanged" ? "`up`, unchanged" : `\`${command}\``,
    duration(milliseconds),
    String(resources),
    (milliseconds / resources).toFixed(1),
    mebibytes(total(peak)),
    (stateBytes / 2 ** 20).toFixed(1),
    ...[cpu.program, cpu.engine, cpu["dynamic provider"], cpu.plugins + cpu["language host"], worldCpuMs].map(seconds),
  ];
}

/** Between each two neighbours, what is common to all cases being the smallest one. */
function growthLines(cases: NodesCase[]): string[] {
  const commands = ["preview", "up", "unchanged", "destroy"] as const;
  const lines = commands.flatMap((command) => {
    const points = cases.flatMap(({ nodes, commands: done }) =>
      done
        .filter((entry) => entry.command === command)
        .map(({ measured }) => ({ size: nodes, cost: measured.milliseconds })),
    );
    const [base, ...rest] = points;
    return rest.slice(1).map((to, index) => {
      const from = rest[index] ?? to;
      return `\`${command}\`: ${from.size} to ${to.size} nodes, wall grows with the power ${growth(base ?? from, from, to).toFixed(2)}`;
    });
  });
  return lines.length > 0 ? ["", ...lines] : [];
}

export function overheadLines({ nodes, program, bare, ratio, cpuRatio }: Overhead): string[] {
  return table(
    [
      `\`preview\`, ${nodes} edge nodes`,
      "resources",
      "wall, least",
      "wall, median",
      "CPU s, median",
      "start to first resource",
    ],
    [
      ["the program", ...costCells(program)],
      ["the bare program", ...costCells(bare)],
      ["ratio", "", "", ratio.toFixed(2), cpuRatio.toFixed(2)],
    ],
  );
}

function costCells({ resources, wallMs, cpuMs, firstResourceMs }: Overhead["bare"]): string[] {
  const times = [
    duration(wallMs.min),
    duration(wallMs.median),
    seconds(cpuMs.median),
    duration(firstResourceMs.median),
  ];
  return [String(resources), ...times];
}

export function freshStartLines({ first, second, down }: FreshStart): string[] {
  return table(
    ["in a fresh clone, with cached binaries", "wall"],
    [
      ["first `npm start`", duration(first)],
      ["second `npm start`", duration(second)],
      ["`npm run lab:down`", duration(down)],
    ],
  );
}

export function table(head: string[], rows: string[][]): string[] {
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const line = (cells: string[]): string =>
    `| ${widths.map((width, column) => (cells[column] ?? "").padEnd(width)).join(" | ")} |`;
  return [line(head), line(widths.map((width) => "-".repeat(width))), ...rows.map(line)];
}

function spreadCells({ min, median, runs }: Spread): string[] {
  return [duration(min), duration(median), String(runs)];
}

function mebibytes(bytes: number): string {
  return String(Math.round(bytes / 2 ** 20));
}

function seconds(milliseconds: number): string {
  return (milliseconds / 1000).toFixed(1);
}
