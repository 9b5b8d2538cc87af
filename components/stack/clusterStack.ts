import * as pulumi from "@pulumi/pulumi";
import * as talos from "@pulumi/talos";
import { type StackConfig, userError } from "../config";
import { Connectivity, FlannelInterface } from "../kubernetes";
import { clusterEndpoint } from "../talos";
import { type ClusterAccess, joinBundle, type JoinBundle, type Member } from "./access";
import { CloudPart } from "./cloudPart";
import { clusterOf } from "./cloudStack";
import { joinMistakes, stackMistakes } from "./mistakes";
import { SitePart } from "./sitePart";

/** What a stack shows. */
export interface StackOutputs {
  /** The cluster endpoint that machine configs name. */
  endpoint: string;
  nodes: Pick<Member, "name" | "role" | "place" | "address">[];
  /** Nodes whose connectivity checks have passed. */
  checks: pulumi.Output<string[]>;
  /** Secret. */
  kubeconfig: pulumi.Output<string>;
  /** Secret. */
  talosconfig: pulumi.Output<string>;
  /** What further sites join with. Secret; only of a stack with the cloud part. */
  joinBundle?: pulumi.Output<JoinBundle>;
}

/**
 * Declares everything that a stack's config names: the cloud part or the cluster of another stack, the sites, and the checks over both.
 *
 * @throws RunError with one sentence for each mistake, before the first resource.
 */
export async function clusterStack(config: StackConfig): Promise<StackOutputs> {
  refuse(stackMistakes(config));
  // An image factory of one's own is a setting of the provider.
  const factory = new talos.Provider(
    "talos",
    { imageFactoryUrl: config.images.factoryUrl },
    // As in EdgeSite: the engine writes another version at the second update.
    { ignoreChanges: ["version"] },
  );
  const opts = { providers: [factory] };
  const access = await clusterAccess(config, opts);
  const { cluster } = access;
  const sites = config.sites.map(
    (site) => new SitePart(`${cluster.name}-${site.name}`, { config, site, access }, opts),
  );

  const own = [...(config.cloud ? access.members : []), ...sites.flatMap((site) => site.members)];
  const others = config.cloud ? [] : access.members;
  return {
    endpoint: clusterEndpoint(cluster.name),
    nodes: own.map(({ name, role, place, address }) => ({ name, role, place, address })),
    checks: checked(config, access, own, others),
    kubeconfig: access.kubeconfig,
    talosconfig: access.talosconfig,
    ...(config.cloud && { joinBundle: joinBundle(access) }),
  };
}

async function clusterAccess(config: StackConfig, opts: pulumi.ComponentResourceOptions): Promise<ClusterAccess> {
  if (config.cloud) {
    return new CloudPart(config.cluster.name, { config, cloud: config.cloud }, opts).access;
  }
  const access = await clusterOf(config.cloudStack ?? "");
  refuse(joinMistakes(config, access));
  return access;
}

function checked(config: StackConfig, access: ClusterAccess, own: Member[], others: Member[]): pulumi.Output<string[]> {
  const { name } = access.cluster;
  const { kubeconfig } = access;
  const taken = config.secretsYaml === undefined ? [] : [new FlannelInterface(`${name}-flannel`, { kubeconfig })];
  if (!config.checks.enabled) return pulumi.output([]);
  const scope = config.cloud ? undefined : config.sites.map((site) => site.name).join("-");
  return new Connectivity(
    `${name}-connectivity`,
    { checks: config.checks, ...(scope !== undefined && { scope }), nodes: own, peers: others, kubeconfig },
    { dependsOn: taken },
  ).passed;
}

function refuse(mistakes: string[]): void {
  if (mistakes.length > 0) throw userError(mistakes);
}
