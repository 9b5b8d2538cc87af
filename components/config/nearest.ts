/** What somebody probably meant who wrote something else. Pure. */
import { closest, distance } from "fastest-levenshtein";

export function oneOf(values: readonly string[]): string {
  return values.length < 2 ? values.join("") : `${values.slice(0, -1).join(", ")} or ${values.at(-1) ?? ""}`;
}

const letters = (word: string): string => Array.from(word).sort().join("");

/** The candidate that was probably meant, if one is near. */
export function didYouMean(word: string, candidates: readonly string[]): string | undefined {
  const longer = candidates.find((candidate) => word.length > 2 && candidate.startsWith(word));
  if (longer !== undefined) return longer;
  if (candidates.length === 0) return undefined;
  const written = word.toLowerCase();
  const swapped = candidates.find((candidate) => letters(candidate.toLowerCase()) === letters(written));
  if (swapped !== undefined) return swapped;
  const nearest = closest(written, [...candidates]);
  const off = distance(written, nearest.toLowerCase());
  return off <= Math.max(1, Math.floor(Math.min(word.length, nearest.length) / 3)) ? nearest : undefined;
}
