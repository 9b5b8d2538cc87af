import { describe, expect, it } from "vitest";
import { sharedIso } from "../../components/edge/bootMedia";
import { sitePlan } from "../../components/edge/plan";
import { cluster, site } from "./fixtures";

describe("sitePlan", () => {
  it("gives the deployment guide's site by default", () => {
    expect(sitePlan(cluster, site())).toMatchInlineSnapshot(`
      {
        "bridge": "setup02-edge",
        "cidr": "10.0.20.0/24",
        "clusterName": "setup02",
        "dhcp": {
          "from": "10.0.20.10",
          "to": "10.0.20.200",
        },
        "dnsServers": [
          "1.1.1.1",
          "8.8.8.8",
        ],
        "gateway": "10.0.20.1",
        "host": "local",
        "leases": [
          {
            "hostname": "talos-edge-1",
            "ip": "10.0.20.10",
            "mac": "52:54:00:00:02:01",
          },
        ],
        "libvirtUri": "qemu:///system",
        "name": "setup02-edge",
        "netmask": "255.255.255.0",
        "networkName": "setup02-edge",
        "nodes": [
          {
            "architecture": "amd64",
            "boot": "nocloud",
            "diskBytes": 53687091200,
            "domainName": "setup02-talos-edge-1",
            "generation": 1,
            "ip": "10.0.20.10",
            "mac": "52:54:00:00:02:01",
            "memoryMb": 8192,
            "name": "talos-edge-1",
            "tpm": false,
            "vcpus": 4,
          },
        ],
        "pool": {
          "kind": "directory",
          "path": "/var/lib/libvirt/talos-cloud-edge/setup02-edge",
        },
        "poolName": "setup02-edge",
        "prefix": 24,
        "siteName": "edge",
        "units": {
          "dhcp": "talos-cloud-edge-setup02-edge-dhcp",
          "network": "talos-cloud-edge-setup02-edge-network",
        },
      }
    `);
  });

  it.each([
    { cidr: "10.0.20.0/24", gateway: "10.0.20.1", netmask: "255.255.255.0", from: "10.0.20.10", to: "10.0.20.200" },
    {
      cidr: "192.168.0.0/16",
      gateway: "192.168.0.1",
      netmask: "255.255.0.0",
      from: "192.168.0.10",
      to: "192.168.0.200",
    },
    { cidr: "10.0.20.64/26", gateway: "10.0.20.65", netmask: "255.255.255.192", from: "10.0.20.74", to: "10.0.20.126" },
    { cidr: "10.0.20.77/26", gateway: "10.0.20.65", netmask: "255.255.255.192", from: "10.0.20.74", to: "10.0.20.126" },
    { cidr: "10.0.20.8/29", gateway: "10.0.20.9", netmask: "255.255.255.248", from: "10.0.20.10", to: "10.0.20.14" },
  ])("fits DHCP into $cidr", ({ cidr, gateway, netmask, from, to }) => {
    const plan = sitePlan(cluster, site({ cidr }));
    expect({ gateway: plan.gateway, netmask: plan.netmask, ...plan.dhcp }).toEqual({ gateway, netmask, from, to });
  });

  it("keeps a DHCP range that is written down", () => {
    const dhcp = { from: "10.0.20.50", to: "10.0.20.60" };
    expect(sitePlan(cluster, site({ dhcp })).dhcp).toEqual(dhcp);
  });

  it.each([
    ["local", "qemu:///system"],
    ["root@kvm.example.com", "qemu+sshcmd://root@kvm.example.com/system"],
  ])("reaches libvirt of %s at %s", (host, uri) => {
    expect(sitePlan(cluster, site({ host })).libvirtUri).toBe(uri);
  });

  it("takes a bridge and a volume group by their names", () => {
    const pool = { kind: "lvm", volumeGroup: "vg-talos", devices: ["/dev/sda7"] };
    const plan = sitePlan(cluster, site({ bridge: "br-edge", pool }));
    expect(plan.bridge).toBe("br-edge");
    expect(plan.networkName).toBe("setup02-edge");
    expect(plan.pool).toEqual(pool);
  });
});

describe("sharedIso", () => {
  const nodes = [
    { name: "a" },
    { name: "b", generation: 3 },
    { name: "c", boot: "iso" },
    { name: "d", architecture: "arm64" },
  ];

  it("shares an ISO among nodes of one kind and follows their generations", () => {
    const plan = sitePlan(cluster, site({}, nodes));
    expect(plan.nodes.map((node) => sharedIso(plan, node))).toEqual([
      { key: "nocloud-amd64", trigger: "a:1,b:3" },
      { key: "nocloud-amd64", trigger: "a:1,b:3" },
      { key: "iso-amd64", trigger: "c:1" },
      { key: "nocloud-arm64", trigger: "d:1" },
    ]);
  });

  it("shares none in a volume group", () => {
    const plan = sitePlan(cluster, site({ pool: { kind: "lvm", volumeGroup: "vg" } }, nodes));
    expect(plan.nodes.map((node) => sharedIso(plan, node))).toEqual([undefined, undefined, undefined, undefined]);
  });
});
