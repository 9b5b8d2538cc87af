import * as pulumi from "@pulumi/pulumi";
import { CloudNetwork, CloudNode, type CloudNodePlan, cloudPlan, type CloudPlan } from "../cloud";
import type { CloudConfig, StackConfig } from "../config";
import { GcpImage, installerImage, Schematic } from "../images";
import { type Held, isEstablished, secretsHeld } from "../state";
import { TailnetPolicy } from "../tailnet";
import { type CloudMember, ClusterSecrets, ControlPlane, Etcd } from "../talos";
import type { ClusterAccess } from "./access";
import { Members } from "./members";
import { Node } from "./node";

export interface CloudPartArgs {
  config: StackConfig;
  cloud: CloudConfig;
  /** What earlier updates left in the stack's state. */
  held: Held;
  /** Random id of the stack; on all that it makes, to tell it from what others made. */
  owner: pulumi.Input<string>;
}

/** The cloud part of a cluster: secrets, image, network, control planes and workers, brought up to a healthy control plane. */
export class CloudPart extends pulumi.ComponentResource {
  /** What sites need to join. */
  readonly access: ClusterAccess;
  /** The cloud nodes. */
  readonly members: Members;

  constructor(name: string, args: CloudPartArgs, opts?: pulumi.ComponentResourceOptions) {
    super("talos-cloud-edge:stack:CloudPart", name, {}, opts);
    const { config, cloud, owner } = args;
    const { cluster, images, tailnet } = config;
    const plan = cloudPlan(cluster, cloud);
    const parent = { parent: this };

    const policy = new TailnetPolicy(`${name}-policy`, { tailnet }, parent);
    const secrets = new ClusterSecrets(
      `${name}-secrets`,
      {
        talosVersion: cluster.talosVersion,
        held: secretsHeld(args.held),
        ...(config.secretsYaml !== undefined && { secretsYaml: config.secretsYaml }),
      },
      parent,
    );
    const { schematicId } = new Schematic(
      `${name}-schematic`,
      { image: images.cloud, label: "talos-cloud-edge:images.cloud" },
      parent,
    );
    const image = new GcpImage(
      `${name}-image`,
      {
        schematicId,
        factoryUrl: images.factoryUrl,
        talosVersion: cluster.talosVersion,
        architecture: cloud.architecture,
        clusterName: cluster.name,
        region: cloud.region,
        owner,
      },
      parent,
    );
    const network = new CloudNetwork(`${name}-network`, { plan, cloud, owner }, parent);

    const etcd = new Etcd(
      `${name}-etcd`,
      {
        controlPlanes: controlPlanesOf(plan).map((node) => node.name),
        clientConfiguration: secrets.clientConfiguration,
      },
      parent,
    );
    // Control planes of a cluster that exists are changed one after the other; those of a new one are made together.
    const established = isEstablished(args.held);
    const nodes = plan.nodes.map((node) => {
      const isControlPlane = node.role === "controlplane";
      const previous = isControlPlane && established ? etcd.last : [];
      const made = new Node(
        node.name,
        {
          plan: nodePlan(node, plan),
          generation: node.generation,
          held: args.held,
          owner,
          cluster,
          tailnet,
          patches: config.patches,
          installerImage: schematicId.apply((id) =>
            installerImage({
              factoryUrl: images.factoryUrl,
              schematicId: id,
              talosVersion: cluster.talosVersion,
              platform: "gcp",
            }),
          ),
          endpointAddresses: controlPlanesOf(plan).map(({ internalIp }) => internalIp),
          networkCidr: cloud.networkCidr,
          machineSecrets: secrets.machineSecrets,
          clientConfiguration: secrets.clientConfiguration,
          machine: (machineName, boot, machineOpts) =>
            new CloudNode(
              machineName,
              {
                plan: node,
                network,
                image: image.selfLink,
                userData: boot.machineConfig,
                incarnation: boot.incarnation,
                ...(boot.interrupted && { interrupted: boot.interrupted }),
                region: cloud.region,
                deletionProtection: cloud.deletionProtection,
                owner,
              },
              machineOpts,
            ),
        },
        // A key's tags must be declared before the key is made.
        { ...parent, dependsOn: [policy, ...previous] },
      );
      if (isControlPlane) {
        const { address, machineId } = made;
        etcd.add({ name: node.name, address, machineId, internalIp: node.internalIp, machineType: node.machineType });
      }
      return made;
    });
    const controlPlane = this.bringUp(name, plan, nodes, secrets, etcd);
    this.members = new Members(
      `${name}-members`,
      { nodes, client: controlPlane.kubernetesClient, etcd: etcd.members },
      parent,
    );

    this.access = {
      cluster,
      vpcCidr: cloud.networkCidr,
      machineSecrets: secrets.machineSecrets,
      clientConfiguration: secrets.clientConfiguration,
      controlPlanes: pulumi.all(
        nodes
          .filter((node) => node.plan.role === "controlplane")
          .map((node) => node.address.apply((address) => ({ name: node.plan.name, address }))),
      ),
      kubernetesClient: controlPlane.kubernetesClient,
      kubeconfig: controlPlane.kubeconfig,
      talosconfig: controlPlane.talosconfig,
      members: this.members.list,
    };
    this.registerOutputs({});
  }

  private bringUp(name: string, plan: CloudPlan, nodes: Node[], secrets: ClusterSecrets, etcd: Etcd): ControlPlane {
    const members = (role: CloudNodePlan["role"]): CloudMember[] =>
      plan.nodes.flatMap(({ internalIp }, position) => {
        const node = nodes[position];
        return node?.plan.role === role ? [{ name: node.plan.name, address: node.address, internalIp }] : [];
      });
    return new ControlPlane(
      `${name}-control-plane`,
      {
        clusterName: plan.clusterName,
        controlPlanes: members("controlplane"),
        workers: members("worker"),
        etcd: [...etcd.members.values()],
        clientConfiguration: secrets.clientConfiguration,
      },
      { parent: this },
    );
  }
}

function controlPlanesOf(plan: CloudPlan): CloudNodePlan[] {
  return plan.nodes.filter((node) => node.role === "controlplane");
}

function nodePlan(node: CloudNodePlan, plan: CloudPlan) {
  const { name, role, zone, patches } = node;
  return { name, role, place: "cloud" as const, region: plan.region, zone, labels: {}, taints: {}, patches };
}
