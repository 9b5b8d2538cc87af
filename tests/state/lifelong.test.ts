import { describe, expect, it } from "vitest";
import { parseStackConfig } from "../../components/config";
import { lifelongMistakes } from "../../components/state";
import { Held, type HeldResource } from "../../components/state/held";
import { bundleYaml } from "../talos/secrets";

const subnet: HeldResource = {
  type: "gcp:compute/subnetwork:Subnetwork",
  name: "setup02-network-subnet",
  outputs: {
    ipCidrRange: "10.0.10.0/24",
    region: "https://www.googleapis.com/compute/v1/projects/p/regions/europe-west3",
  },
};
const network: HeldResource = {
  type: "pulumi-nodejs:dynamic/talos-cloud-edge:SiteNetwork",
  name: "setup02-edge-site-host-network",
  outputs: { host: "root@kvm1", cidr: "10.0.20.0/24" },
};
const secrets: HeldResource = {
  type: "talos:index/machineSecrets:MachineSecrets",
  name: "setup02-secrets-machine-secrets",
  outputs: { machineSecrets: { cluster: { id: "another" } } },
};
const cloud = { region: "europe-west3", networkCidr: "10.0.10.0/24" };
const built = { joinBundle: { cluster: { name: "setup02", podCidr: "10.244.0.0/16", serviceCidr: "10.96.0.0/12" } } };
const site = {
  name: "edge",
  host: "root@kvm1",
  cidr: "10.0.20.0/24",
  nodes: [{ name: "talos-edge-1", mac: "52:54:00:00:02:01", ip: "10.0.20.10" }],
};

function mistakes(
  raw: Record<string, unknown>,
  resources = [subnet, network],
  outputs: Record<string, unknown> = built,
) {
  return lifelongMistakes(parseStackConfig({ cloud, sites: [site], ...raw }), new Held(resources, outputs));
}

const stays = (field: string, now: string, before: string) =>
  `talos-cloud-edge:${field} is ${now}, but this stack's cluster was built with ${before}, which stays for its life; ` +
  `write ${before}, or build another cluster in a stack of its own.`;

describe("settings that are for a stack's life", () => {
  it("are right in the config that the stack was built with", () => {
    expect(mistakes({})).toEqual([]);
  });

  it("may be anything in a stack that holds nothing", () => {
    expect(
      lifelongMistakes(parseStackConfig({ cloud: { region: "europe-west4" }, sites: [site] }), Held.nothing),
    ).toEqual([]);
  });

  it.each<[string, Record<string, unknown>, string]>([
    [
      "the region",
      { cloud: { ...cloud, region: "europe-west4" } },
      stays("cloud.region", "europe-west4", "europe-west3"),
    ],
    [
      "the VPC's range",
      { cloud: { ...cloud, networkCidr: "10.0.11.0/24" } },
      stays("cloud.networkCidr", "10.0.11.0/24", "10.0.10.0/24"),
    ],
    ["the cluster's name", { cluster: { name: "other" } }, stays("cluster.name", "other", "setup02")],
    [
      "the pods' range",
      { cluster: { podCidr: "10.200.0.0/16" } },
      stays("cluster.podCidr", "10.200.0.0/16", "10.244.0.0/16"),
    ],
    [
      "the Services' range",
      { cluster: { serviceCidr: "10.112.0.0/12" } },
      stays("cluster.serviceCidr", "10.112.0.0/12", "10.96.0.0/12"),
    ],
    [
      "the cloud part",
      { cloud: undefined, cloudStack: "prod" },
      "talos-cloud-edge:cloud is missing, but this stack holds the cloud part of a cluster; write it again, or remove all of it with `pulumi destroy`.",
    ],
    [
      "a site's host",
      { sites: [{ ...site, host: "root@kvm2" }] },
      "talos-cloud-edge:sites[0].host is root@kvm2, but the site edge stands on root@kvm1; " +
        "write root@kvm1, or take the site out, run `pulumi up`, and add it again with the other host.",
    ],
    [
      "a site's range",
      { sites: [{ ...site, cidr: "10.0.21.0/24", nodes: [{ ...site.nodes[0], ip: "10.0.21.10" }] }] },
      "talos-cloud-edge:sites[0].cidr is 10.0.21.0/24, but the site edge was built with 10.0.20.0/24; " +
        "write 10.0.20.0/24, or take the site out, run `pulumi up`, and add it again with the other cidr.",
    ],
  ])("are refused by one sentence where another is written: %s", (_what, raw, sentence) => {
    expect(mistakes(raw)).toEqual([sentence]);
  });

  it("hold for the cluster's secrets", () => {
    expect(mistakes({ secretsYaml: bundleYaml }, [secrets])).toEqual([
      "talos-cloud-edge:secretsYaml belongs to another cluster than the one that this stack holds; " +
        "take the setting out, or build the other cluster in a stack of its own.",
    ]);
  });

  const bootstrap: HeldResource = {
    type: "pulumi-nodejs:dynamic/talos:EtcdBootstrap",
    name: "setup02-control-plane-bootstrap",
    outputs: {},
  };
  const incarnation: HeldResource = {
    type: "random:index/randomId:RandomId",
    name: "setup02-cluster-master-1-key-incarnation",
    outputs: { keepers: { generation: "1", attempt: "2" } },
  };
  const replaced = { ...cloud, controlPlanes: { generation: 2 } };

  it("hold for the only control plane", () => {
    expect(mistakes({ cloud: replaced }, [subnet, bootstrap, incarnation])).toEqual([
      "talos-cloud-edge:cloud.controlPlanes would replace setup02-cluster-master-1, the only control plane, and with it all that the cluster has stored; " +
        "keep its generation at 1, or write count: 3, run `pulumi up`, and replace it then.",
    ]);
  });

  it("do not hold for one of several control planes, nor before there is a cluster", () => {
    const several = { ...cloud, controlPlanes: { count: 3, generation: 2 } };
    expect(mistakes({ cloud: several }, [subnet, bootstrap, incarnation])).toEqual([]);
    expect(mistakes({ cloud: replaced }, [subnet, incarnation])).toEqual([]);
  });

  it("do not hold for sites that come and go", () => {
    expect(mistakes({ sites: [{ ...site, name: "other", host: "root@kvm9" }] })).toEqual([]);
  });
});
