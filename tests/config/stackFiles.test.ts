import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { parseStackConfig, type StackConfig } from "../../components/config";

type Settings = Record<string, unknown>;

function settings(stack: string): Settings {
  return (parse(readFileSync(`Pulumi.${stack}.yaml`, "utf8")) as { config: Settings }).config;
}

function load(stack: string): StackConfig {
  const own = Object.entries(settings(stack)).filter(([key]) => key.startsWith("talos-cloud-edge:"));
  return parseStackConfig(
    Object.fromEntries(own.map(([key, value]) => [key.slice("talos-cloud-edge:".length), value])),
  );
}

describe("the stack files", () => {
  it.each(["dev", "edge", "lab"])("Pulumi.%s.yaml is a good configuration without an encryption salt", (stack) => {
    expect(load(stack).sites).toHaveLength(1);
    expect(parse(readFileSync(`Pulumi.${stack}.yaml`, "utf8"))).not.toHaveProperty("encryptionsalt");
  });

  it("dev is the cluster of the deployment guide", () => {
    const { cluster, cloud, sites, images } = load("dev");
    expect(cluster).toMatchObject({ name: "setup02", talosVersion: "v1.12.4", podCidr: "10.244.0.0/16" });
    expect(cloud).toMatchObject({
      networkCidr: "10.1.0.0/24",
      operatorCidrs: [],
      controlPlanes: { count: 1, machineType: "e2-standard-4", diskGb: 50 },
      workers: { count: 1, machineType: "e2-standard-8", diskGb: 50 },
    });
    expect(sites[0]).toMatchObject({
      bridge: "setup02-edge",
      cidr: "10.0.20.0/24",
      nodes: [{ name: "talos-edge-1", mac: "52:54:00:00:02:01", ip: "10.0.20.10", vcpus: 4, memoryMb: 8192 }],
    });
    expect(images.edge.extensions).toEqual(["siderolabs/qemu-guest-agent", "siderolabs/tailscale"]);
  });

  it("lab has the shape of dev", () => {
    const [dev, lab] = [load("dev"), load("lab")];
    expect({ ...lab, sites: lab.sites.map((site) => ({ ...site, host: "local" })) }).toEqual(dev);
  });

  it("edge leaves the cloud to another stack and is short", () => {
    expect(load("edge").cloudStack).toBe("dev");
    expect(load("edge").cloud).toBeUndefined();
    expect(readFileSync("Pulumi.edge.yaml", "utf8").trim().split("\n").length).toBeLessThanOrEqual(15);
  });

  it("the sites of dev and edge can live in one cluster", () => {
    const [dev, edge] = [load("dev"), load("edge")];
    expect(() => parseStackConfig({ ...dev, sites: [...dev.sites, ...edge.sites] })).not.toThrow();
  });
});
