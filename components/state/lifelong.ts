/** Settings that are for a stack's life: what was built with them would be lost, or left behind, by another value. Pure. */
import { cloudPlan } from "../cloud/cloudPlan";
import type { StackConfig } from "../config";
import { parseSecretsYaml } from "../talos/secretsYaml";
import { type Held, record, textOf } from "./held";

const namespace = "talos-cloud-edge";
const secretsType = "talos:index/machineSecrets:MachineSecrets";

/** One sentence for each setting that differs from what the stack was built with. */
export function lifelongMistakes(config: StackConfig, held: Held): string[] {
  return [cloudMistakes, rangeMistakes, secretsMistakes, controlPlaneMistakes, siteMistakes].flatMap((rule) =>
    rule(config, held),
  );
}

/** Whether the stack's cluster exists: its etcd was bootstrapped. */
export function isEstablished(held: Held): boolean {
  return held.all("pulumi-nodejs:dynamic/talos:EtcdBootstrap").length > 0;
}

/** Whether the stack has a cluster's secrets. */
export function secretsHeld(held: Held): boolean {
  return held.all(secretsType).length > 0;
}

function cloudMistakes(config: StackConfig, held: Held): string[] {
  const [subnet] = held.all("gcp:compute/subnetwork:Subnetwork");
  if (subnet === undefined) return [];
  if (!config.cloud) {
    return [
      `${namespace}:cloud is missing, but this stack holds the cloud part of a cluster; write it again, or remove all of it with \`pulumi destroy\`.`,
    ];
  }
  const builtName = subnet.name.replace(/-network-subnet$/, "");
  if (builtName !== config.cluster.name) return [differs("cluster.name", config.cluster.name, builtName)];
  return [
    { field: "cloud.region", now: config.cloud.region, built: lastPart(textOf(subnet.outputs["region"])) },
    { field: "cloud.networkCidr", now: config.cloud.networkCidr, built: textOf(subnet.outputs["ipCidrRange"]) },
  ].flatMap(({ field, now, built }) => (built === undefined || built === now ? [] : [differs(field, now, built)]));
}

function rangeMistakes(config: StackConfig, held: Held): string[] {
  if (!config.cloud) return [];
  const built = record(record(held.outputs["joinBundle"])["cluster"]);
  return (["podCidr", "serviceCidr"] as const).flatMap((field) => {
    const before = textOf(built[field]);
    const now = config.cluster[field];
    return before === undefined || before === now ? [] : [differs(`cluster.${field}`, now, before)];
  });
}

/** New secrets in place of the old ones would be another cluster. */
function secretsMistakes(config: StackConfig, held: Held): string[] {
  const [secrets] = held.all(secretsType);
  if (config.secretsYaml === undefined || secrets === undefined) return [];
  const built = textOf(record(record(secrets.outputs["machineSecrets"])["cluster"])["id"]);
  return built === undefined || built === parseSecretsYaml(config.secretsYaml).clusterId
    ? []
    : [
        `${namespace}:secretsYaml belongs to another cluster than the one that this stack holds; ` +
          "take the setting out, or build the other cluster in a stack of its own.",
      ];
}

/** The only control plane has etcd's only data. */
function controlPlaneMistakes({ cloud, cluster }: StackConfig, held: Held): string[] {
  if (!cloud || !isEstablished(held)) return [];
  const [only, ...others] = cloudPlan(cluster, cloud).nodes.filter(({ role }) => role === "controlplane");
  if (only === undefined || others.length > 0) return [];
  const incarnation = held.find("random:index/randomId:RandomId", `${only.name}-key-incarnation`);
  const built = textOf(record(incarnation?.outputs["keepers"])["generation"]);
  return built === undefined || built === String(only.generation)
    ? []
    : [
        `${namespace}:cloud.controlPlanes would replace ${only.name}, the only control plane, and with it all that the cluster has stored; ` +
          `keep its generation at ${built}, or write count: 3, run \`pulumi up\`, and replace it then.`,
      ];
}

function siteMistakes(config: StackConfig, held: Held): string[] {
  const networks = held.all("pulumi-nodejs:dynamic/talos-cloud-edge:SiteNetwork");
  return config.sites.flatMap((site, position) => {
    const network = networks.find(({ name }) => name.endsWith(`-${site.name}-site-host-network`));
    return [
      { field: "host", now: site.host, verb: "stands on" },
      { field: "cidr", now: site.cidr, verb: "was built with" },
    ].flatMap(({ field, now, verb }) => {
      const built = textOf(network?.outputs[field]);
      return built === undefined || built === now
        ? []
        : [
            `${namespace}:sites[${position}].${field} is ${now}, but the site ${site.name} ${verb} ${built}; ` +
              `write ${built}, or take the site out, run \`pulumi up\`, and add it again with the other ${field}.`,
          ];
    });
  });
}

function differs(field: string, now: string, built: string): string {
  return (
    `${namespace}:${field} is ${now}, but this stack's cluster was built with ${built}, which stays for its life; ` +
    `write ${built}, or build another cluster in a stack of its own.`
  );
}

function lastPart(reference: string | undefined): string | undefined {
  return reference?.slice(reference.lastIndexOf("/") + 1);
}
