import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import * as talos from "@pulumi/talos";
import { type StackConfig, userError } from "../config";
import { Connectivity, FlannelGuard, FlannelInterface, SiteClaimGuard } from "../kubernetes";
import { lifelongMistakes, readHeld } from "../state";
import { clusterEndpoint } from "../talos";
import { type ClusterAccess, joinBundle, type JoinBundle, type Member } from "./access";
import { Claims } from "./claims";
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
    return declared({ config, access, held, owner: stackOwner(access.cluster.name) }, [], imageFactory(config));
  }
  const opts = imageFactory(config);
  const owner = stackOwner(config.cluster.name);
  const part = new CloudPart(config.cluster.name, { config, cloud, held, owner }, opts);
  return {
    ...declared({ config, access: part.access, held, owner }, [part], opts),
    joinBundle: joinBundle(part.access),
  };
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

/** Tells what this stack made from what others did. It is in the state before anything that it marks, so it is known after an interruption. */
function stackOwner(clusterName: string): pulumi.Output<string> {
  return new random.RandomId(`${clusterName}-owner`, { byteLength: 8 }).hex;
}

/** Declares the sites and the checks beside the stack's cloud part, if it has one. */
function declared(
  stack: Omit<SitePartArgs, "site">,
  cloud: CloudPart[],
  opts: pulumi.ComponentResourceOptions,
): StackOutputs {
  const { access, config, held, owner } = stack;
  const { cluster } = access;
  const claims = new Claims(`${cluster.name}-claims`, { config, access, owner }, opts);
  // A site takes nothing before its claim has been accepted. Only where the cluster is being made, so that nobody else can be in it,
  // its own sites are made beside it, and claim what they have once there is an API.
  const othersMayHaveJoined = cloud.length === 0 || held.outputs["joinBundle"] !== undefined;
  const sites = config.sites.map(
    (site, position) =>
      new SitePart(
        `${cluster.name}-${site.name}`,
        { ...stack, site },
        { ...opts, dependsOn: othersMayHaveJoined ? claims.sites[position] : [] },
      ),
  );
  const parts = [...cloud, ...sites];
  const own = parts.map((part) => part.members);
  const checks = checked(config, access, own);
  if (cloud.length > 0) {
    new SiteClaimGuard(
      `${cluster.name}-guard`,
      { clusterName: cluster.name, owner, client: access.kubernetesClient },
      { dependsOn: [claims, ...parts, ...checks.made] },
    );
  }
  return {
    endpoint: clusterEndpoint(cluster.name),
    nodes: own.flatMap(({ list }) => list.map(({ name, role, place, address }) => ({ name, role, place, address }))),
    checks: checks.passed,
    kubeconfig: access.kubeconfig,
    talosconfig: access.talosconfig,
  };
}

async function joinedCluster(config: StackConfig): Promise<ClusterAccess> {
  const access = await clusterOf(config.cloudStack ?? "");
  refuse(joinMistakes(config, access));
  return access;
}

interface Checks {
  /** Nodes whose checks have passed. */
  passed: pulumi.Output<string[]>;
  /** What was made for them. */
  made: pulumi.Resource[];
}

/** The checks between the stack's own nodes and all that it knows. They wait for the Nodes: before, the API may not answer yet. */
function checked(config: StackConfig, access: ClusterAccess, own: Members[]): Checks {
  const { name } = access.cluster;
  const { kubeconfig } = access;
  const moved =
    config.secretsYaml === undefined
      ? []
      : [new FlannelInterface(`${name}-flannel`, { kubeconfig }, { dependsOn: own })];
  // One for the whole cluster, which finds the nodes of further sites by itself.
  if (config.cloud && config.cluster.healFlannel)
    new FlannelGuard(`${name}-flannel-guard`, { image: config.checks.image, kubeconfig }, { dependsOn: own });
  if (!config.checks.enabled) return { passed: pulumi.output([]), made: moved };
  // A site's name is its own in the whole cluster.
  const elsewhere = config.cloud ? {} : { scope: config.sites[0]?.name, peers: access.members };
  const suite = new Connectivity(
    `${name}-connectivity`,
    { checks: config.checks, ...elsewhere, nodes: own.flatMap(({ list }) => list), kubeconfig },
    { dependsOn: [...own, ...moved] },
  );
  return { passed: suite.passed, made: [...moved, suite] };
}

function refuse(mistakes: string[]): void {
  if (mistakes.length > 0) throw userError(mistakes);
}
