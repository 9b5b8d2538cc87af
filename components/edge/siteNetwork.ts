import * as pulumi from "@pulumi/pulumi";
import { DynamicResource } from "../dynamic";
import type { HostNetwork } from "./hostNetwork";
import { installScript, inspectScript, removeScript } from "./hostScripts";
import { runOnHost } from "./hostShell";

/** What a SiteNetwork is made from. */
export interface SiteNetworkInputs extends HostNetwork {
  /** The KVM host: `local` or `user@host`. */
  host: string;
}

/** What is kept of it. */
export interface SiteNetworkState extends SiteNetworkInputs {
  /** What the last refresh found different on the host, a sentence each; the next update repairs it. */
  drift: string[];
}

function state(inputs: SiteNetworkInputs, drift: string[]): SiteNetworkState {
  const { host, name, bridge, cidr, directory, natTable, leaseFile, units, files } = inputs;
  return { host, name, bridge, cidr, directory, natTable, leaseFile, units, files, drift };
}

/** Compares the lines of the inspect script with what should be there; undefined when nothing of the network is left. */
export function findDrift(network: HostNetwork, report: string): string[] | undefined {
  const { createHash } = process.getBuiltinModule("node:crypto");
  const found = new Map(
    report.split("\n").map((line) => {
      const [kind = "", name = "", value = ""] = line.split(" ");
      return [`${kind} ${name}`, value] as const;
    }),
  );
  const bridgeIsThere = found.get(`bridge ${network.bridge}`) === "present";
  const files = network.files.map(({ path, content }) => ({
    path,
    found: found.get(`file ${path}`),
    wanted: createHash("sha256").update(content).digest("hex"),
  }));
  if (!bridgeIsThere && files.every((file) => file.found === "missing")) return undefined;
  return [
    ...files
      .filter((file) => file.found !== file.wanted)
      .map((file) => (file.found === "missing" ? `${file.path} is missing.` : `${file.path} was changed.`)),
    ...[network.units.network, network.units.dhcp]
      .map((unit) => ({ unit, found: found.get(`unit ${unit}`) }))
      .filter(({ found: now }) => now !== "active")
      .map(({ unit, found: now }) => `${unit} is ${now === undefined || now === "" ? "not there" : now}.`),
    ...(bridgeIsThere ? [] : [`The bridge ${network.bridge} is missing.`]),
  ];
}

async function install(inputs: SiteNetworkInputs): Promise<SiteNetworkState> {
  await runOnHost(inputs.host, `set up the network of ${inputs.name}`, installScript(inputs));
  return state(inputs, []);
}

/** These say where and what the network is; anything else is changed in place. */
const placeKeys = ["host", "name", "bridge", "cidr"] as const;

/** The provider behind SiteNetwork. Plain functions only: it is serialised into the state. */
export const siteNetworkProvider = {
  diff(_id: string, olds: SiteNetworkState, news: SiteNetworkInputs) {
    const replaces = placeKeys.filter((key) => olds[key] !== news[key]);
    const { isDeepStrictEqual } = process.getBuiltinModule("node:util");
    return Promise.resolve({
      changes: !isDeepStrictEqual(state(news, []), state(olds, olds.drift)),
      replaces,
      deleteBeforeReplace: true,
    });
  },
  async create(inputs: SiteNetworkInputs) {
    return { id: `${inputs.host}/${inputs.name}`, outs: await install(inputs) };
  },
  async update(_id: string, _olds: SiteNetworkState, news: SiteNetworkInputs) {
    return { outs: await install(news) };
  },
  async read(id: string, props: SiteNetworkState) {
    const report = await runOnHost(props.host, `look at the network of ${props.name}`, inspectScript(props));
    const drift = findDrift(props, report);
    return drift === undefined ? {} : { id, props: state(props, drift) };
  },
  async delete(_id: string, props: SiteNetworkState) {
    await runOnHost(props.host, `remove the network of ${props.name}`, removeScript(props));
  },
};

export interface SiteNetworkArgs {
  /** The KVM host: `local` or `user@host`. */
  host: string;
  /** What to put there. */
  network: HostNetwork;
}

/** The network of a site on its KVM host: OVS bridge, NAT, DHCP and DNS, as systemd units. */
export class SiteNetwork extends DynamicResource {
  declare public readonly bridge: pulumi.Output<string>;
  /** What a refresh found different on the host. */
  declare public readonly drift: pulumi.Output<string[]>;

  constructor(name: string, args: SiteNetworkArgs, opts?: pulumi.CustomResourceOptions) {
    super(
      siteNetworkProvider,
      name,
      { ...args.network, host: args.host, drift: undefined },
      pulumi.mergeOptions({ deleteBeforeReplace: true }, opts),
      "talos-cloud-edge",
      "SiteNetwork",
    );
  }
}
