import * as pulumi from "@pulumi/pulumi";
import * as talos from "@pulumi/talos";
import { type StackConfig, userError } from "../config";
import { Connectivity, FlannelInterface } from "../kubernetes";
import { lifelongMistakes, readHeld } from "../state";
import { clusterEndpoint } from "../talos";
import { type ClusterAccess, joinBundle, type JoinBundle, type Member } from "./access";
import { CloudPart } from "./cloudPart";
import { clusterOf } from "./cloudStack";
import type { Members } from "./members";
import { joinMistakes, stackMistakes } from "./mistakes";
import { SitePart, type SitePartArgs } from "./sitePart";

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
  const held = await readHeld();
  refuse(lifelongMistakes(config, held));
  const { cloud } = config;
  if (cloud === undefined) {
    const access = await joinedCluster(config);
    return declared({ config, access, held }, [], imageFactory(config));
  }
  const opts = imageFactory(config);
  const part = new CloudPart(config.cluster.name, { config, cloud, held }, opts);
  return { ...declared({ config, access: part.access, held }, [part], opts), joinBundle: joinBundle(part.access) };
}

/** An image factory of one's own is a setting of the provider. */
function imageFactory(config: StackConfig): pulumi.ComponentResourceOptions {
  const factory = new talos.Provider(
    "talos",
    { imageFactoryUrl: config.images.factoryUrl },
    // As in EdgeSite: the engine writes another version at the second update.
    { ignoreChanges: ["version"] },
  );
  return { providers: [factory] };
}

/** Declares the sites and the checks beside the stack's cloud part, if it has one. */
function declared(
  { config, access, held }: Omit<SitePartArgs, "site">,
  cloud: CloudPart[],
  opts: pulumi.ComponentResourceOptions,
): StackOutputs {
  const { cluster } = access;
  const sites = config.sites.map(
    (site) => new SitePart(`${cluster.name}-${site.name}`, { config, site, access, held }, opts),
  );
  const own = [...cloud, ...sites].map((part) => part.members);
  return {
    endpoint: clusterEndpoint(cluster.name),
    nodes: own.flatMap(({ list }) => list.map(({ name, role, place, address }) => ({ name, role, place, address }))),
    checks: checked(config, access, own),
    kubeconfig: access.kubeconfig,
    talosconfig: access.talosconfig,
  };
}

async function joinedCluster(config: StackConfig): Promise<ClusterAccess> {
  const access = await clusterOf(config.cloudStack ?? "");
  refuse(joinMistakes(config, access));
  return access;
}

/** The checks between the stack's own nodes and all that it knows. They wait for the Nodes: before, the API may not answer yet. */
function checked(config: StackConfig, access: ClusterAccess, own: Members[]): pulumi.Output<string[]> {
  const { name } = access.cluster;
  const { kubeconfig } = access;
  const moved =
    config.secretsYaml === undefined
      ? []
      : [new FlannelInterface(`${name}-flannel`, { kubeconfig }, { dependsOn: own })];
  if (!config.checks.enabled) return pulumi.output([]);
  const elsewhere = config.cloud
    ? {}
    : { scope: config.sites.map((site) => site.name).join("-"), peers: access.members };
  return new Connectivity(
    `${name}-connectivity`,
    { checks: config.checks, ...elsewhere, nodes: own.flatMap(({ list }) => list), kubeconfig },
    { dependsOn: [...own, ...moved] },
  ).passed;
}

function refuse(mistakes: string[]): void {
  if (mistakes.length > 0) throw userError(mistakes);
}
