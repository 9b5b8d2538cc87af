import * as gcp from "@pulumi/gcp";
import * as pulumi from "@pulumi/pulumi";
import { userError } from "../config/userError";
import { gcpLeftover, instanceLeftover, type Interrupted, ownerLabels, ownerText } from "../leftovers";
import type { CloudNetwork } from "./cloudNetwork";
import type { CloudNodePlan } from "./cloudPlan";
import { userDataMistake } from "./userData";

export interface CloudNodeArgs {
  /** Name, address, zone and size of the machine. */
  plan: CloudNodePlan;
  /** Network that it attaches to. */
  network: CloudNetwork;
  /** URL of the boot image. Used at creation only: Talos upgrades itself in place. */
  image: pulumi.Input<string>;
  /** Machine config for the first boot. Used at creation only: later changes go over the tailnet. */
  userData: pulumi.Input<string>;
  /** Another value replaces the machine, and is the only thing that should: a new machine needs a new auth key. */
  incarnation: pulumi.Input<string>;
  /** GCP region of the addresses. */
  region: string;
  /** Whether GCE refuses to delete the machine; heeded for control planes only. */
  deletionProtection: boolean;
  /** The stack that makes it, in hexadecimal digits; told from others by it. */
  owner: pulumi.Input<string>;
  /** Set where the machine's last creation was interrupted under an earlier incarnation. @default nothing of the kind is known */
  interrupted?: Interrupted;
}

/**
 * A cloud node: its addresses, which it keeps over replacements, and its instance, which boots into the cluster by itself. Zone and disk
 * are taken at creation: changing them in the configuration shows from the next generation of the machine on.
 */
export class CloudNode extends pulumi.ComponentResource {
  /** The instance's id as the server assigned it; a replaced machine has another. */
  public readonly machineId: pulumi.Output<string>;
  /** Address in the VPC. */
  public readonly internalIp: pulumi.Output<string>;
  /** Address on the Internet, for what the node sends; the firewall decides what comes in. */
  public readonly externalIp: pulumi.Output<string>;

  constructor(name: string, args: CloudNodeArgs, opts?: pulumi.ComponentResourceOptions) {
    super("talos-cloud-edge:cloud:CloudNode", name, {}, opts);
    const { network, plan, region } = args;
    const owner = pulumi.output(args.owner);
    // Described rather than labelled: the provider labels an address by a request of its own, which an interrupted run may not have sent.
    const description = owner.apply(ownerText);
    const address = { parent: this, hooks: { beforeCreate: [gcpLeftover] }, ignoreChanges: ["description"] };

    const internal = new gcp.compute.Address(
      `${name}-internal`,
      {
        name: `${plan.name}-internal`,
        region,
        addressType: "INTERNAL",
        purpose: "GCE_ENDPOINT",
        subnetwork: network.subnetLink,
        address: plan.internalIp,
        description,
      },
      address,
    );
    const external = new gcp.compute.Address(
      `${name}-external`,
      { name: `${plan.name}-external`, region, addressType: "EXTERNAL", networkTier: "PREMIUM", description },
      address,
    );

    const instance = new gcp.compute.Instance(
      `${name}-instance`,
      {
        name: plan.name,
        zone: plan.zone,
        machineType: plan.machineType,
        allowStoppingForUpdate: true,
        deletionProtection: args.deletionProtection && plan.role === "controlplane",
        bootDisk: {
          initializeParams: {
            image: args.image,
            size: plan.diskGb,
            type: plan.diskType,
            // The provider has no such field on images, and without it GCE takes any disk for x86.
            architecture: plan.architecture === "arm64" ? "ARM64" : "X86_64",
          },
        },
        networkInterfaces: [
          {
            subnetwork: network.subnetLink,
            networkIp: internal.address,
            accessConfigs: [{ natIp: external.address, networkTier: "PREMIUM" }],
          },
        ],
        shieldedInstanceConfig: {
          enableVtpm: true,
          enableIntegrityMonitoring: true,
          // The Factory's GCE image is not signed with a key that the firmware knows, so it would not boot.
          enableSecureBoot: false,
        },
        metadata: {
          "user-data": firstBootConfig(plan.name, args.userData),
          // Set on the instance, as a project may have turned it on for all of its machines.
          "serial-port-enable": "FALSE",
        },
        labels: pulumi.all([args.incarnation, owner]).apply(([incarnation, hex]) => ({
          ...plan.labels,
          ...ownerLabels(hex),
          incarnation,
        })),
        tags: plan.networkTags,
        // No serviceAccount: nothing on a node calls Google Cloud, so a pod can't get a token from the metadata server either.
      },
      {
        parent: this,
        // Firewall rules come first and go last: a node has its peers from its first second to its last.
        dependsOn: [network],
        ignoreChanges: ['metadata["user-data"]', "bootDisk.initializeParams", "zone"],
        replacementTrigger: args.incarnation,
        // Name and addresses exist once.
        deleteBeforeReplace: true,
        additionalSecretOutputs: ["metadata"],
        hooks: { beforeCreate: [instanceLeftover(plan.name, args.interrupted)] },
      },
    );

    this.machineId = instance.instanceId;
    this.internalIp = internal.address;
    this.externalIp = external.address;
    this.registerOutputs({
      machineId: this.machineId,
      internalIp: this.internalIp,
      externalIp: this.externalIp,
    });
  }
}

/** The machine config as a secret, refused here when GCE would refuse it: the API's own message names no cause. */
function firstBootConfig(nodeName: string, userData: pulumi.Input<string>): pulumi.Output<string> {
  return pulumi.secret(userData).apply((config) => {
    const mistake = userDataMistake(nodeName, config);
    if (mistake !== undefined) {
      throw userError([mistake]);
    }
    return config;
  });
}
