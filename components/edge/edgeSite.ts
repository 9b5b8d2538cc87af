import * as libvirt from "@pulumi/libvirt";
import * as pulumi from "@pulumi/pulumi";
import { hostObjectLeftover } from "../leftovers";
import type { SharedIso } from "./bootMedia";
import { hostNetwork } from "./hostNetwork";
import type { SitePlan } from "./plan";
import { SiteNetwork } from "./siteNetwork";

export interface EdgeSiteArgs {
  /** The site, computed by `sitePlan`. */
  plan: SitePlan;
}

/** One edge site: the network on its KVM host, and the libvirt network and storage pool that its machines use. */
export class EdgeSite extends pulumi.ComponentResource {
  readonly plan: SitePlan;
  readonly hostNetwork: SiteNetwork;
  readonly provider: libvirt.Provider;
  readonly network: libvirt.Network;
  readonly pool: libvirt.Pool;
  private readonly isos = new Map<string, libvirt.Volume>();

  constructor(
    private readonly prefix: string,
    args: EdgeSiteArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("talos-cloud-edge:edge:EdgeSite", prefix, {}, opts);
    const { plan } = args;
    this.plan = plan;

    this.hostNetwork = new SiteNetwork(
      `${prefix}-host-network`,
      { host: plan.host, network: hostNetwork(plan) },
      { parent: this },
    );
    this.provider = new libvirt.Provider(
      `${prefix}-libvirt`,
      { uri: plan.libvirtUri },
      // The engine writes the package's version first and its base provider's afterwards; that is no change of the provider.
      { parent: this, ignoreChanges: ["version"] },
    );
    // What is wrong with the host is said best by the host network, so it comes before anything of libvirt's.
    const onHost = {
      parent: this,
      provider: this.provider,
      dependsOn: [this.hostNetwork],
      deleteBeforeReplace: true,
      hooks: { beforeCreate: [hostObjectLeftover(plan.host)] },
    };

    this.network = new libvirt.Network(
      `${prefix}-network`,
      {
        name: plan.networkName,
        forward: { mode: "bridge" },
        bridge: { name: this.hostNetwork.bridge },
        virtualPort: { params: { openVSwitch: {} } },
        autostart: true,
      },
      onHost,
    );
    this.pool = new libvirt.Pool(`${prefix}-pool`, poolArgs(plan), onHost);
    this.registerOutputs({ network: this.network.name, pool: this.pool.name });
  }

  /** The volume with an ISO that nodes share; made when the first node asks for it. */
  isoVolume({ key, trigger }: SharedIso, url: pulumi.Input<string>): libvirt.Volume {
    const known = this.isos.get(key);
    if (known !== undefined) return known;
    const iso = new libvirt.Volume(
      `${this.prefix}-boot-${key}`,
      { name: `${this.plan.name}-boot-${key}.iso`, pool: this.pool.name, create: { content: { url } } },
      {
        parent: this,
        provider: this.provider,
        ignoreChanges: ["create"],
        replacementTrigger: trigger,
        deleteBeforeReplace: true,
        hooks: { beforeCreate: [hostObjectLeftover(this.plan.host)] },
      },
    );
    this.isos.set(key, iso);
    return iso;
  }
}

function poolArgs(plan: SitePlan): libvirt.PoolArgs {
  const start = { autostart: true, start: true };
  if (plan.pool.kind === "directory") {
    return {
      name: plan.poolName,
      type: "dir",
      target: { path: plan.pool.path },
      create: { build: true, ...start },
      destroy: { delete: true },
    };
  }
  const { volumeGroup, devices } = plan.pool;
  // A volume group that the pool made goes with it; one that was there before stays.
  const made = devices.length > 0;
  return {
    name: plan.poolName,
    type: "logical",
    source: { name: volumeGroup, ...(made ? { devices: devices.map((path) => ({ path })) } : {}) },
    target: { path: `/dev/${volumeGroup}` },
    create: { build: made, ...start },
    destroy: { delete: made },
  };
}
