import type { EngineEvent } from "@pulumi/pulumi/automation";

export type { EngineEvent } from "@pulumi/pulumi/automation";

/** What an engine command did, gathered from its events. */
export interface Outcome {
  ok: boolean;
  /** Number of resources by operation: `create`, `same`, `update`, `replace`, `delete` … */
  changes: Record<string, number>;
  /** Errors in full, each once. */
  errors: string[];
  warnings: string[];
  milliseconds: number;
  /** Whether it was ended by an interrupt. */
  interrupted: boolean;
}

/** A line of the engine's `--json` output; undefined for a line that is no event. */
export function parseEvent(line: string): EngineEvent | undefined {
  if (!line.startsWith("{")) return undefined;
  try {
    const event = JSON.parse(line) as Partial<EngineEvent>;
    return typeof event.timestamp === "number" ? (event as EngineEvent) : undefined;
  } catch {
    return undefined;
  }
}

/** The engine marks colours as `<{%fg 1%}>`. */
export function plainText(message: string): string {
  return message.replaceAll(/<\{%.*?%\}>/g, "").trim();
}

/** Operations after which a resource is not what it was before. */
export function changedCount(changes: Record<string, number>): number {
  return Object.entries(changes).reduce((sum, [operation, count]) => (isChange(operation) ? sum + count : sum), 0);
}

export function isChange(operation: string): boolean {
  return operation !== "same" && operation !== "refresh" && operation !== "read";
}

/** `urn:pulumi:lab::project::parent$type::name` in parts. */
export function resourceOf(urn: string): { type: string; name: string } {
  const parts = urn.split("::");
  const type = parts[2]?.split("$").at(-1) ?? "";
  return { type, name: parts.slice(3).join("::") };
}

/** `Instance setup02-cluster-master-1`: the last part of the type says enough beside the name. */
export function labelOf(urn: string): string {
  const { type, name } = resourceOf(urn);
  return `${type.split(":").at(-1) ?? type} ${name}`;
}
