import type { RunningWorld } from "../../lab/world";

/**
 * All that is there, one phrase each, so that one thing too many or too few shows. What is drawn anew for every machine is left out of the
 * names: a volume is named after its machine's serial number.
 */
export function inventory(world: RunningWorld): string[] {
  const nodes = world
    .summary()
    .nodes.map(({ name, role, place, ready }) => `${place} ${role} ${name}, ${ready ? "Ready" : "not Ready"}`);
  const things = world.remains().map((thing) => thing.replace(/-[0-9a-f]{8}(?=[-. ]|$)/g, "-*"));
  return [...nodes, ...things].sort();
}

/** What is in one list only, with its sign; empty when both are the same. */
export function differences(wanted: string[], found: string[]): string[] {
  const left = [...wanted];
  const surplus = found.filter((thing) => {
    const at = left.indexOf(thing);
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
  return [...left.map((thing) => `missing: ${thing}`), ...surplus.map((thing) => `too many: ${thing}`)];
}
