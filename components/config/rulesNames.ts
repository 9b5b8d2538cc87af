import { fieldName } from "./paths";
import type { Rule } from "./rule";
import type { StackConfig } from "./schema";

/** Linux takes no longer name for an interface. */
const longestInterface = 15;

const siteNames: Rule = ({ sites }) =>
  sites.flatMap(({ name }, index) => {
    const first = sites.findIndex((site) => site.name === name);
    return first === index
      ? []
      : [
          `${fieldName(["sites", index, "name"])} is ${name}, as is ${fieldName(["sites", first, "name"])}; write a name of its own.`,
        ];
  });

/** A bridge that takes its name from the cluster and the site can't be named so where the two are long. */
export function bridgeMistakes(clusterName: string, sites: StackConfig["sites"]): string[] {
  return sites.flatMap(({ name, bridge }, index) => {
    const standard = `${clusterName}-${name}`;
    if (bridge !== undefined || standard.length <= longestInterface) return [];
    const shorter = standard.slice(0, longestInterface).replace(/-+$/, "");
    return [
      `${fieldName(["sites", index, "bridge"])} is not set, and its default ${standard} is longer than the ${longestInterface} characters of an interface name; write for example bridge: ${shorter}.`,
    ];
  });
}

/** In an edge stack the cluster's name is not known yet; there, whoever reads the cluster asks. */
const bridgeNames: Rule = ({ cluster, cloud, sites }) =>
  cloud === undefined ? [] : bridgeMistakes(cluster.name, sites);

/** The cloud node of that name, if the stack makes one: `<cluster>-cluster-master-1`. */
function isCloudNode({ cluster, cloud }: StackConfig, name: string): boolean {
  const [, kind, number] = /-cluster-(master|worker)-([1-9]\d*)$/.exec(name) ?? [];
  if (cloud === undefined || kind === undefined || number === undefined) return false;
  const { count } = kind === "master" ? cloud.controlPlanes : cloud.workers;
  return name === `${cluster.name}-cluster-${kind}-${number}` && Number(number) <= count;
}

/** Node names are host names, Kubernetes names and tailnet names, so they are unique in the cluster. */
const nodeNames: Rule = (config) => {
  const seen = new Map<string, string>();
  return config.sites.flatMap((site, s) =>
    site.nodes.flatMap(({ name }, n) => {
      const field = fieldName(["sites", s, "nodes", n, "name"]);
      const other = isCloudNode(config, name) ? "the name of a cloud node" : seen.get(name);
      if (other === undefined) {
        seen.set(name, `also the name of ${fieldName(["sites", s, "nodes", n])}`);
        return [];
      }
      return [
        `${field} is ${name}, which is ${other}; write a name of its own, for example ${name.slice(0, 55)}-${site.name.slice(0, 4)}.`,
      ];
    }),
  );
};

export const nameRules = [siteNames, bridgeNames, nodeNames];
