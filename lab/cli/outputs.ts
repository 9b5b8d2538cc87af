import { z } from "zod";

const node = z.object({
  name: z.string(),
  role: z.string(),
  place: z.string(),
  address: z.string(),
});

/** What the program hands out at the end of an `up`. */
const schema = z.object({
  nodes: z.array(node).default([]),
  endpoint: z.string().optional(),
  /** Nodes that passed the connectivity suite. */
  checks: z.array(z.string()).default([]),
  kubeconfig: z.string().optional(),
  talosconfig: z.string().optional(),
});

export type StackOutputs = z.output<typeof schema>;

export function parseOutputs(outputs: Record<string, unknown>): StackOutputs {
  return schema.parse(outputs);
}
