import { namespace } from "./paths";
import type { Rule } from "./rule";
import { meantRegion } from "./rulesGcp";
import { show } from "./show";

const kinds = ["controlPlanes", "workers"] as const;

/** etcd writes while a majority of its members lives. */
const oddControlPlanes: Rule = ({ cloud }) => {
  const count = cloud?.controlPlanes.count ?? 1;
  return count % 2 === 1
    ? []
    : [
        `${namespace}:cloud.controlPlanes.count is ${count}, but must be 1, 3 or 5: etcd needs a majority, so ${count} members survive no more failures than ${count - 1} would; write ${count + 1}.`,
      ];
};

/** Machines of one kind are replaced together, and etcd's data with them. */
const generationOfSeveral: Rule = ({ cloud }) => {
  const { count, generation } = cloud?.controlPlanes ?? { count: 1, generation: 1 };
  return count === 1 || generation === 1
    ? []
    : [
        `${namespace}:cloud.controlPlanes.generation is ${generation}, which would replace all ${count} control planes at once and lose the cluster's data; write 1.`,
      ];
};

const zonesOfRegion: Rule = ({ cloud }) =>
  (cloud?.zones ?? []).flatMap((zone, index) => {
    const region = meantRegion(cloud?.region ?? "");
    return zone.startsWith(`${region}-`) && /^[a-z]$/.test(zone.slice(region.length + 1))
      ? []
      : [
          `${namespace}:cloud.zones[${String(index)}] is ${show(zone)}, which is no zone of the region ${region}; write for example ${region}-b.`,
        ];
  });

/** Two regions have no zone `a`, which is one of the default zones. */
const regionsWithoutZoneA = ["europe-west1", "us-east1"];

const zoneA: Rule = ({ cloud }) => {
  if (cloud === undefined || !regionsWithoutZoneA.includes(cloud.region)) return [];
  const { region, zones } = cloud;
  if (zones.length > 0 && !zones.includes(`${region}-a`)) return [];
  const named = zones.length === 0 ? "is empty, which stands for zones a, b and c" : `names ${region}-a`;
  return [
    `${namespace}:cloud.zones ${named}, but the region ${region} has no zone a; write zones: [${region}-b, ${region}-c, ${region}-d].`,
  ];
};

const armFamilies = ["t2a", "c4a", "n4a"];

const machineArchitecture: Rule = ({ cloud }) =>
  kinds.flatMap((kind) => {
    if (cloud === undefined) return [];
    const { machineType } = cloud[kind];
    const own = armFamilies.includes(machineType.split("-")[0] ?? "") ? "arm64" : "amd64";
    return own === cloud.architecture
      ? []
      : [
          `${namespace}:cloud.${kind}.machineType is ${machineType}, which is ${own}, but talos-cloud-edge:cloud.architecture is ${cloud.architecture}; write architecture: ${own}, or a machine type such as ${cloud.architecture === "arm64" ? "t2a-standard-4" : "e2-standard-4"}.`,
        ];
  });

/** GCE's form of labels, which is narrower than that of Kubernetes. */
const gceLabels: Rule = ({ cloud }) =>
  kinds.flatMap((kind) =>
    Object.entries(cloud?.[kind].labels ?? {})
      .filter(([key, value]) => !/^[a-z][a-z0-9_-]{0,62}$/.test(key) || !/^[a-z0-9_-]{0,63}$/.test(value))
      .map(
        ([key, value]) =>
          `${namespace}:cloud.${kind}.labels has ${show(`${key}: ${value}`)}, but GCE labels are lower-case letters, digits, _ and -, at most 63, and keys begin with a letter; write for example team: platform.`,
      ),
  );

export const cloudRules = [oddControlPlanes, generationOfSeveral, zonesOfRegion, zoneA, machineArchitecture, gceLabels];
