import { parseArgs } from "node:util";
import { messageOf, Mistake } from "../engine";

export const measures = ["start-up", "nodes", "overhead"] as const;
export type Measure = (typeof measures)[number];

export interface BenchOptions {
  /** File that the figures are written to as JSON. */
  json?: string;
  /** What to measure. */
  only: Measure[];
  /** Numbers of edge nodes. */
  nodes: number[];
  /** Up to how many edge nodes a stack is not only previewed but built and destroyed. */
  build: number;
  /** How often what takes seconds is run. */
  runs: number;
  /** Whether `npm start` in a fresh clone is timed too. */
  start: boolean;
}

export const benchHelp = `Figures of the program in the lab: time, memory and CPU of the real engine, program and plugins over the simulated world.

  npm run bench -- [options]
  --json FILE    write the figures as JSON
  --only WHAT    only some of: ${measures.join(", ")}
  --nodes N,N    numbers of edge nodes (default 1,10,100,1000)
  --full         build and destroy the largest one too (default: up to 100 nodes)
  --runs N       how often what takes seconds is run (default 3)
  --start        time \`npm start\` and \`npm run lab:down\` in a fresh clone too
`;

/** @returns undefined where help is asked for. */
export function parseOptions(args: string[]): BenchOptions | undefined {
  const { values } = parsed(args);
  if (values.help) return undefined;
  const nodes = list(values.nodes).map((text) => count("--nodes", text));
  return {
    ...(values.json !== undefined && { json: values.json }),
    only: values.only === undefined ? [...measures] : list(values.only).map(measure),
    nodes,
    build: values.full ? Math.max(...nodes) : 100,
    runs: count("--runs", values.runs),
    start: values.start,
  };
}

function parsed(args: string[]) {
  try {
    return parseArgs({
      args,
      options: {
        json: { type: "string" },
        only: { type: "string" },
        nodes: { type: "string", default: "1,10,100,1000" },
        full: { type: "boolean", default: false },
        runs: { type: "string", default: "3" },
        start: { type: "boolean", default: false },
        help: { type: "boolean", short: "h", default: false },
      },
    });
  } catch (error) {
    throw new Mistake(`${messageOf(error)}\n\n${benchHelp}`);
  }
}

function list(text: string): string[] {
  return text.split(",").map((word) => word.trim());
}

function measure(word: string): Measure {
  const found = measures.find((name) => name === word);
  if (found === undefined) throw new Mistake(`--only ${word}: there is no such measure; write ${measures.join(", ")}.`);
  return found;
}

function count(flag: string, text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1)
    throw new Mistake(`${flag} ${text}: write a whole number from 1, or for --nodes several with commas.`);
  return value;
}
