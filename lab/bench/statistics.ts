/** Small numbers out of many. Pure. */

export interface Spread {
  min: number;
  median: number;
  runs: number;
}

export function spread(values: number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  const [lower, upper] = [sorted[Math.floor((sorted.length - 1) / 2)], sorted[Math.ceil((sorted.length - 1) / 2)]];
  if (sorted[0] === undefined || lower === undefined || upper === undefined) throw new Error("There is no value.");
  return { min: sorted[0], median: (lower + upper) / 2, runs: sorted.length };
}

export interface Point {
  /** How large the case is. */
  size: number;
  /** What it costs. */
  cost: number;
}

/**
 * The power of the size that the cost grows with between two cases, without what both have in common: 1 is linear, 2 quadratic.
 *
 * @param base - the smallest case, whose cost is taken off the others'.
 */
export function growth(base: Point, from: Point, to: Point): number {
  return (
    Math.log((to.cost - base.cost) / (from.cost - base.cost)) /
    Math.log((to.size - base.size) / (from.size - base.size))
  );
}
