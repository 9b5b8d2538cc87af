import type { Bench } from "./bench";
import { BenchLab, type Measured } from "./benchLab";
import { edgeNodes } from "./stackConfig";

export type NodesCommand = "preview" | "up" | "unchanged" | "destroy";

export interface NodesCase {
  /** Number of edge nodes; two cloud nodes come on top. */
  nodes: number;
  commands: { command: NodesCommand; measured: Measured }[];
}

/**
 * A cluster with many edge nodes, from nothing to nothing; `unchanged` is an `up` that has nothing to do.
 *
 * @param done - is told of each command as soon as it has ended: some take minutes.
 */
export async function nodesCase(
  bench: Bench,
  nodes: number,
  commands: NodesCommand[],
  done: (so: NodesCase) => void,
): Promise<NodesCase> {
  const lab = await BenchLab.open({ ...bench, program: bench.root, stack: "bench", config: edgeNodes(nodes) });
  try {
    const all: NodesCase = { nodes, commands: [] };
    for (const command of commands) {
      const entry = { command, measured: await lab.run(command === "unchanged" ? "up" : command) };
      all.commands.push(entry);
      done({ nodes, commands: [entry] });
    }
    return all;
  } finally {
    await lab.close();
  }
}
