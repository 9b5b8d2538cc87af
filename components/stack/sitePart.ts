import * as pulumi from "@pulumi/pulumi";
import type { EdgeNodeConfig, SiteConfig, StackConfig } from "../config";
import { EdgeNode, edgeNodePlan, EdgeSite, sitePlan } from "../edge";
import { bootImageUrl, installerImage, Schematic } from "../images";
import { heldVolumesLeftover } from "../leftovers";
import type { Held } from "../state";
import type { NodePlan } from "../talos";
import type { ClusterAccess } from "./access";
import { Members } from "./members";
import { Node } from "./node";

export interface SitePartArgs {
  config: StackConfig;
  site: SiteConfig;
  /** The cluster that the site joins. */
  access: ClusterAccess;
  /** What earlier updates left in the stack's state. */
  held: Held;
  /** Random id of the stack; on all that it makes, to tell it from what others made. */
  owner: pulumi.Input<string>;
}

/** An edge site: the KVM host's network, the image, and the machines, up to Nodes that are Ready. */
export class SitePart extends pulumi.ComponentResource {
  /** The site's nodes. */
  readonly members: Members;

  constructor(name: string, args: SitePartArgs, opts?: pulumi.ComponentResourceOptions) {
    super("talos-cloud-edge:stack:SitePart", name, {}, opts);
    const { access, config, owner, site } = args;
    const { cluster } = access;
    const { factoryUrl } = config.images;
    const plan = sitePlan(cluster, site);
    const parent = { parent: this };

    const { schematicId } = new Schematic(
      `${name}-schematic`,
      { image: config.images.edge, label: "talos-cloud-edge:images.edge" },
      parent,
    );
    const edgeSite = new EdgeSite(`${name}-site`, { plan }, parent);
    const nodes = site.nodes.map((node) => {
      const machine = edgeNodePlan(cluster, node);
      const image = {
        factoryUrl,
        talosVersion: cluster.talosVersion,
        platform: node.boot === "iso" ? ("metal" as const) : ("nocloud" as const),
      };
      return new Node(
        `${name}-${node.name}`,
        {
          plan: nodePlan(node, site),
          generation: node.generation,
          held: args.held,
          owner,
          cluster,
          tailnet: config.tailnet,
          patches: config.patches,
          installerImage: schematicId.apply((id) => installerImage({ ...image, schematicId: id })),
          endpointAddresses: access.controlPlanes.apply((planes) => planes.map(({ address }) => address)),
          machineSecrets: access.machineSecrets,
          clientConfiguration: access.clientConfiguration,
          makeRoom: (interrupted) => heldVolumesLeftover(plan.host, machine.domainName, interrupted),
          machine: (machineName, boot, machineOpts) =>
            new EdgeNode(
              machineName,
              {
                plan: machine,
                site: edgeSite,
                isoUrl: schematicId.apply((id) =>
                  bootImageUrl({ ...image, schematicId: id, architecture: node.architecture, format: "iso" }),
                ),
                machineConfig: boot.machineConfig,
                clientConfiguration: access.clientConfiguration,
                incarnation: boot.incarnation,
                ...(boot.interrupted && { interrupted: boot.interrupted }),
                keyCreatedAt: boot.keyCreatedAt,
                owner,
              },
              machineOpts,
            ),
        },
        parent,
      );
    });
    this.members = new Members(`${name}-members`, { nodes, client: access.kubernetesClient }, parent);
    this.registerOutputs({});
  }
}

function nodePlan(node: EdgeNodeConfig, site: SiteConfig): NodePlan {
  const { name, installDisk, labels, taints, patches } = node;
  return { name, role: "worker", place: "edge", site: site.name, installDisk, labels, taints, patches };
}
