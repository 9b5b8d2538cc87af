import { describe, expect, it } from "vitest";
import { mistakesIn, node, withNode, withSite } from "./samples";

describe("a configuration", () => {
  it.each([undefined, []])("of %j is told what it must be", (raw) => {
    expect(mistakesIn(raw)).toEqual(["talos-cloud-edge must be a group of fields; write for example cloud: {}."]);
  });

  it("of secrets that are a group does not repeat them", () => {
    expect(mistakesIn({ cloud: {}, secretsYaml: { cluster: "hunter2" } })).toEqual([
      "talos-cloud-edge:secretsYaml must be the text of a secrets.yaml (sops -d secrets.yaml | pulumi config set --secret talos-cloud-edge:secretsYaml).",
    ]);
  });

  it.each(["10.0.20.0/25", "10.0.20.0/28", "10.0.20.8/29"])("of a site on %s has room for DHCP", (cidr) => {
    const ip = cidr === "10.0.20.8/29" ? "10.0.20.12" : "10.0.20.10";
    expect(mistakesIn(withSite({ cidr, nodes: [node({ ip })] }))).toEqual([]);
  });

  it.each(["local", "root@kvm", "_ops.2@KVM2.example.com", "admin@10.0.0.7"])("takes the host %s", (host) => {
    expect(mistakesIn(withSite({ host }))).toEqual([]);
  });

  it.each(["/dev/vda", "/dev/disk/by-path/pci-0000:00:1f.2-ata-1"])("takes the disk %s", (installDisk) => {
    expect(mistakesIn(withNode({ installDisk }))).toEqual([]);
  });

  it.each(["europe-west12", "me-central2", "northamerica-northeast1", "southamerica-east1", "antarctica-south1"])(
    "takes the region %s, in a list of this program or not",
    (region) => {
      expect(mistakesIn({ cloud: { region } })).toEqual([]);
    },
  );

  it.each(
    [
      ["e2-medium", "f1-micro", "e2-custom-small-4096", "n2-custom-6-3072-ext", "custom-4-8192", "n2d-standard-224"],
      ["c3-standard-4-lssd", "c3-highcpu-192-metal", "a2-highgpu-1g", "m3-megamem-64", "x4-megamem-960-metal"],
      ["z3-highmem-192-highlssd-metal", "h4d-standard-192", "ct5lp-hightpu-1t", "q9z-quantum-2048"],
    ].flat(),
  )("takes the machine type %s", (machineType) => {
    expect(mistakesIn({ cloud: { workers: { machineType } } })).toEqual([]);
  });
});
