import * as libvirt from "@pulumi/libvirt";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import * as talos from "@pulumi/talos";
import {
  domainDescription,
  domainLeftover,
  hostObjectLeftover,
  type Interrupted,
  seedImageLeftover,
} from "../leftovers";
import { sharedIso } from "./bootMedia";
import { domainArgs } from "./domain";
import type { EdgeSite } from "./edgeSite";
import type { EdgeNodePlan } from "./plan";
import { seedMetaData, shieldSeedImages } from "./seedFolder";

export interface EdgeNodeArgs {
  /** The node, one of its site's plan. */
  plan: EdgeNodePlan;
  /** The site it stands at. */
  site: EdgeSite;
  /** Where the boot ISO comes from: the `nocloud` or the `metal` ISO, as the plan's `boot` says. */
  isoUrl: pulumi.Input<string>;
  /** Machine config of the first boot. Later changes reach the node over the tailnet and replace nothing here. */
  machineConfig: pulumi.Input<string>;
  /** Credentials for the Talos API, used by `iso` once the node has its config. */
  clientConfiguration: pulumi.Input<talos.types.input.MachineConfigurationApplyClientConfiguration>;
  /** Changes when the machine is to be replaced by a new one, and only then. */
  incarnation: pulumi.Input<string>;
  /** When the auth key of this incarnation was made, RFC 3339. */
  keyCreatedAt: pulumi.Input<string>;
  /** The stack that makes the machine, in hexadecimal digits; told from others by it. */
  owner: pulumi.Input<string>;
  /** Set where the machine's last creation was interrupted under an earlier incarnation. @default nothing of the kind is known */
  interrupted?: Interrupted;
}

/** One machine of an edge site: its volumes, its domain, and its first machine config. */
export class EdgeNode extends pulumi.ComponentResource {
  /** Which machine this is: another value, another machine. */
  readonly machineId: pulumi.Output<string>;
  /** The domain's UUID, which the node sees as its SMBIOS UUID. */
  readonly uuid: pulumi.Output<string>;

  constructor(name: string, args: EdgeNodeArgs, opts?: pulumi.ComponentResourceOptions) {
    super("talos-cloud-edge:edge:EdgeNode", name, {}, opts);
    const { plan, site } = args;
    const onHost = { parent: this, provider: site.provider };

    // The one thing that a new incarnation replaces by itself. Names of volumes and the domain's serial number follow from it, so all
    // that hangs on the old machine (its Node, its tailnet device, the domain, the volumes) is deleted, in this order, before the new
    // machine starts: no two machines ever carry one name.
    const serial = new random.RandomUuid(
      `${name}-uuid`,
      { keepers: { incarnation: args.incarnation } },
      { parent: this, deleteBeforeReplace: true },
    ).result;
    const volumeName = serial.apply((value) => `${plan.domainName}-${value.slice(0, 8)}`);

    const lvm = site.plan.pool.kind === "lvm";
    const systemDisk = new libvirt.Volume(
      `${name}-disk`,
      {
        name: lvm ? volumeName : pulumi.interpolate`${volumeName}.qcow2`,
        pool: site.pool.name,
        capacity: plan.diskBytes,
        ...(lvm ? {} : { target: { format: { type: "qcow2" } } }),
      },
      // The provider can't resize a volume: another size would be an empty disk, so it waits for the next incarnation.
      { ...onHost, ignoreChanges: ["capacity"], hooks: { beforeCreate: [hostObjectLeftover(site.plan.host)] } },
    );
    const seed = plan.boot === "nocloud" ? this.seed(name, args, volumeName) : undefined;

    const domain = new libvirt.Domain(
      `${name}-domain`,
      domainArgs(site.plan.pool.kind, plan, {
        uuid: plan.uuid ?? serial,
        serial,
        networkName: site.network.name,
        systemDisk: systemDisk.path,
        bootIso: this.bootIso(name, args, volumeName).path,
        ...(seed === undefined ? {} : { seed: seed.path }),
        description: pulumi
          .all([args.owner, args.incarnation, args.keyCreatedAt])
          .apply(([owner, incarnation, since]) => domainDescription(owner, { incarnation, since })),
      }),
      {
        ...onHost,
        deleteBeforeReplace: true,
        hooks: {
          beforeCreate: [domainLeftover(site.plan.host, site.plan.poolName, plan.name, args.interrupted)],
        },
        // It is read when the domain is about to be made only; a change is no reason to touch a machine that runs.
        ignoreChanges: ["description"],
        // libvirt can't give a domain another UUID.
        replaceOnChanges: ["sysInfos"],
        // A machine is plugged into the bridge when it starts: with a new bridge it has to start anew, from the same disk.
        replaceWith: [site.hostNetwork, site.network],
      },
    );

    if (plan.boot === "iso") {
      new talos.MachineConfigurationApply(
        `${name}-first-config`,
        {
          node: plan.ip,
          machineConfigurationInput: pulumi.secret(args.machineConfig),
          clientConfiguration: args.clientConfiguration,
          timeouts: { create: "15m" },
        },
        {
          parent: this,
          dependsOn: [domain],
          // Only the first config goes this way. After it, this resource never speaks to the node again.
          ignoreChanges: ["node", "machineConfigurationInput", "clientConfiguration", "timeouts"],
          replacementTrigger: serial,
        },
      );
    }

    this.uuid = domain.uuid;
    // The serial number rather than the UUID, which the configuration may fix for every incarnation.
    this.machineId = pulumi.all([serial, domain.uuid]).apply(([value]) => value);
    this.registerOutputs({ machineId: this.machineId, uuid: this.uuid });
  }

  /** The volume from which a nocloud image reads host name and machine config. */
  private seed(name: string, args: EdgeNodeArgs, volumeName: pulumi.Output<string>): libvirt.Volume {
    const { plan, site } = args;
    const onHost = { parent: this, provider: site.provider };
    if (!pulumi.runtime.isDryRun()) shieldSeedImages();
    // The provider writes the image on the machine that runs Pulumi, and the volume takes it from there.
    const image = new libvirt.CloudinitDisk(
      `${name}-seed-image`,
      {
        name: pulumi.interpolate`${volumeName}-seed`,
        userData: pulumi.secret(args.machineConfig),
        metaData: pulumi
          .all([args.owner, volumeName])
          .apply(([owner, instance]) => seedMetaData(owner, instance, plan.name)),
      },
      {
        ...onHost,
        ignoreChanges: ["userData"],
        additionalSecretOutputs: ["userData"],
        // To look costs the reading of every image in the folder.
        ...(args.interrupted && { hooks: { beforeCreate: [seedImageLeftover] } }),
      },
    );
    return this.upload(`${name}-seed`, site, pulumi.interpolate`${volumeName}-seed.iso`, image.path);
  }

  private bootIso(
    name: string,
    { plan, site, isoUrl }: EdgeNodeArgs,
    volumeName: pulumi.Output<string>,
  ): libvirt.Volume {
    const shared = sharedIso(site.plan, plan);
    return shared === undefined
      ? this.upload(`${name}-boot`, site, pulumi.interpolate`${volumeName}-boot.iso`, isoUrl)
      : site.isoVolume(shared, isoUrl);
  }

  /** A volume of this machine alone, filled from an address or a file once, when it is made. */
  private upload(
    name: string,
    site: EdgeSite,
    volume: pulumi.Input<string>,
    url: pulumi.Input<string>,
  ): libvirt.Volume {
    return new libvirt.Volume(
      name,
      { name: volume, pool: site.pool.name, create: { content: { url } } },
      {
        parent: this,
        provider: site.provider,
        ignoreChanges: ["create"],
        hooks: { beforeCreate: [hostObjectLeftover(site.plan.host)] },
      },
    );
  }
}
