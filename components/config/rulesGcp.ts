/**
 * Names that Google gives. They are held against the words that make them up and not against a list of them, which would age: what is
 * well formed and near to nothing that is known is left to GCP.
 */
import { didYouMean } from "./nearest";
import { namespace } from "./paths";
import type { Rule } from "./rule";

const places = ["africa", "asia", "australia", "europe", "me", "northamerica", "southamerica", "us"];
const directions = ["north", "northeast", "east", "southeast", "south", "southwest", "west", "northwest", "central"];

/** The word, or the known one that it was probably meant to be: `eu` begins `europe`, `wst` is nearly `west`. */
function corrected(word: string, known: readonly string[]): string {
  if (known.includes(word)) return word;
  return known.find((one) => word.length === 2 && one.startsWith(word)) ?? didYouMean(word, known) ?? word;
}

/** The region itself, or the one that was probably meant. */
export function meantRegion(region: string): string {
  const [, place = "", direction = "", number = ""] = /^([a-z]+)-([a-z]+)(\d+)$/.exec(region) ?? [];
  return `${corrected(place, places)}-${corrected(direction, directions)}${number}`;
}

const regionWords: Rule = ({ cloud }) => {
  if (cloud === undefined) return [];
  const meant = meantRegion(cloud.region);
  return meant === cloud.region
    ? []
    : [`${namespace}:cloud.region is ${cloud.region}, which is no GCP region; did you mean ${meant}?`];
};

/** Ratios of CPU to memory, or to what else a series is for. */
const ratios = ["standard", "custom", "highmem", "highcpu", "highgpu", "megamem", "ultramem", "hypermem"];

/** How further ratios are made. */
const ratioForm = /^(high|mega|ultra|hyper|edge)([a-z]pu|mem)$/;

const machineTypeWords: Rule = ({ cloud }) =>
  (["controlPlanes", "workers"] as const).flatMap((kind) => {
    const machineType = cloud?.[kind].machineType ?? "";
    const [, series = "", ratio = "", size = ""] = /^([a-z0-9]+)-([a-z]+)(-.*)$/.exec(machineType) ?? [];
    const meant = `${series}-${ratioForm.test(ratio) ? ratio : corrected(ratio, ratios)}${size}`;
    return size === "" || meant === machineType
      ? []
      : [
          `${namespace}:cloud.${kind}.machineType is ${machineType}, which is no GCE machine type; did you mean ${meant}?`,
        ];
  });

export const gcpRules = [regionWords, machineTypeWords];
