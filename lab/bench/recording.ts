/** What the engine was told of each resource, out of its events. Pure. */
import type { EngineEvent } from "../engine";

export interface RecordedResource {
  urn: string;
  type: string;
  name: string;
  /** Whether a provider stands behind it; components have none. */
  custom: boolean;
  /** Values that a preview does not know yet are the engine's mark for such a value. */
  inputs: Record<string, unknown>;
  /** URN of the provider that the program made for it; none where the engine's own default serves. */
  provider?: string;
}

/** Every resource of a preview but the stack itself and the engine's default providers, in order. */
export function recordedResources(events: EngineEvent[]): RecordedResource[] {
  const all = events.flatMap(({ resourcePreEvent }) => {
    const { type, urn, new: state } = resourcePreEvent?.metadata ?? {};
    if (type === undefined || urn === undefined || type === "pulumi:pulumi:Stack" || !state) return [];
    const { inputs, provider } = state as { inputs?: Record<string, unknown>; provider?: string };
    const name = urn.slice(urn.lastIndexOf("::") + 2);
    return [{ urn, type, name, custom: state.custom ?? false, inputs: told(inputs ?? {}), provider: urnOf(provider) }];
  });
  const urns = new Set(all.map(({ urn }) => urn));
  return all.map(({ provider, ...resource }) => ({
    ...resource,
    ...(provider !== undefined && urns.has(provider) && { provider }),
  }));
}

/** Without what the engine and plugins add for themselves; a dynamic resource's code is the program's. */
function told(inputs: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(inputs).filter(([key]) => key === "__provider" || !(key.startsWith("__") || key === "version")),
  );
}

/** A provider is referred to as `<urn>::<id>`. */
function urnOf(reference: string | undefined): string | undefined {
  return reference === undefined || reference === "" ? undefined : reference.slice(0, reference.lastIndexOf("::"));
}
