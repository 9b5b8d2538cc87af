/** What is wrong with a stack's config and shows only beside the plans or the joined cluster. Pure. */
import { cloudMistakes } from "../cloud";
import { bridgeMistakes, cidrsOverlap, type StackConfig } from "../config";
import { checkSchematicId } from "../images";
import { labelMistake, secretsYamlMistake } from "../talos";
import type { ClusterAccess } from "./access";

/** One sentence for each mistake that can be told before any resource. */
export function stackMistakes(config: StackConfig): string[] {
  const schematics = (["cloud", "edge"] as const).map((place) =>
    checkSchematicId(`talos-cloud-edge:images.${place}`, config.images[place]),
  );
  const labels = config.sites.flatMap((site, position) =>
    site.nodes.flatMap((node, index) =>
      Object.keys(node.labels).map((key) => {
        const mistake = labelMistake(key);
        return mistake === undefined
          ? undefined
          : `talos-cloud-edge:sites[${position}].nodes[${index}].labels: ${mistake}.`;
      }),
    ),
  );
  const secrets = config.secretsYaml === undefined ? undefined : secretsYamlMistake(config.secretsYaml);
  return [...schematics, ...labels, secrets, ...(config.cloud ? cloudMistakes(config.cloud) : [])].filter(
    (mistake) => mistake !== undefined,
  );
}

/** One sentence for each way in which a further site collides with the cluster it joins. */
export function joinMistakes(config: StackConfig, access: ClusterAccess): string[] {
  return [
    ...rangeCollisions(config, access),
    ...bridgeMistakes(access.cluster.name, config.sites),
    ...nameCollisions(config, access),
  ];
}

function rangeCollisions(config: StackConfig, { cluster, vpcCidr }: ClusterAccess): string[] {
  const ranges = [
    ["the VPC", vpcCidr],
    ["the pods", cluster.podCidr],
    ["the Services", cluster.serviceCidr],
  ] as const;
  return config.sites.flatMap((site, position) =>
    ranges
      .filter(([, range]) => cidrsOverlap(site.cidr, range))
      .slice(0, 1)
      .map(
        ([whose, range]) =>
          `talos-cloud-edge:sites[${position}].cidr is ${site.cidr}, which overlaps ${range} of ${whose} of the cluster ${cluster.name}; ` +
          "write a range that nothing else uses.",
      ),
  );
}

function nameCollisions(config: StackConfig, { members }: ClusterAccess): string[] {
  const taken = new Set(members.map(({ name }) => name));
  return config.sites.flatMap((site, position) =>
    site.nodes.flatMap((node, index) =>
      taken.has(node.name)
        ? [
            `talos-cloud-edge:sites[${position}].nodes[${index}].name is ${node.name}, which a node of the cluster has already; write another name.`,
          ]
        : [],
    ),
  );
}
