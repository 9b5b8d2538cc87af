import type { Bench } from "./bench";
import { BenchLab, type Measured } from "./benchLab";
import { edgeNodes } from "./stackConfig";

export type NodesCommand = "preview" | "up" | "unchanged" | "destroy";

export interface NodesCase {
  /** Number of edge nodes; two cloud nodes come on top. */
  nodes: number;
  commands: { command: NodesCommand; measured: Measured }[];
}

/** A cluster with many edge nodes, from nothing to nothing; `unchanged` is an `up` that has nothing to do. */
export async function nodesCase(bench: Bench, nodes: number, commands: NodesCommand[]): Promise<NodesCase> {
  const lab = await BenchLab.open({ ...bench, program: bench.root, stack: "bench", config: edgeNodes(nodes) });
  try {
    const done: NodesCase["commands"] = [];
    for (const command of commands) {
      done.push({ command, measured: await lab.run(command === "unchanged" ? "up" : command) });
    }
    return { nodes, commands: done };
  } finally {
    await lab.close();
  }
}
