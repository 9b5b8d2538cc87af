import { z } from "zod";
import { architecture, cidr, devicePath, dnsLabel, generation, ipv4, patches } from "./fieldKinds";

const defaultPoolPath = "/var/lib/libvirt/talos-cloud-edge";

const edgeNode = z.strictObject({
  name: dnsLabel(63)
    .describe("Host name, Node name and tailnet name.")
    .meta({ examples: ["talos-edge-1"] }),
  mac: z
    .string()
    .regex(/^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/)
    .describe("MAC address; its DHCP lease is static.")
    .meta({
      form: "a MAC address in lower case with colons",
      examples: ["52:54:00:00:02:01"],
    }),
  ip: ipv4.describe("Address on the site's LAN."),
  vcpus: z.number().int().min(2).max(512).default(4).describe("Number of virtual CPUs."),
  memoryMb: z.number().int().min(2048).max(16_777_216).default(8192).describe("Memory, MiB."),
  diskGb: z.number().int().min(10).max(65_536).default(50).describe("System disk, GiB."),
  installDisk: devicePath.default("/dev/vda").describe("Disk that Talos installs to, as the node sees it."),
  boot: z
    .enum(["nocloud", "iso"])
    .default("nocloud")
    .describe(
      "First boot: `nocloud` reads the machine config from a seed disk, `iso` waits in maintenance mode for it over the LAN, which the machine that runs Pulumi must then reach.",
    ),
  architecture: architecture.default("amd64").describe("CPU architecture of the machine; the KVM host's own."),
  tpm: z.boolean().default(false).describe("Give the machine an emulated TPM 2.0."),
  uuid: z
    .uuid()
    .optional()
    .describe("SMBIOS UUID. Default: one is drawn.")
    .meta({ form: "a UUID", examples: ["0b7c2c5e-6f0e-4c38-9d5b-3f1f6c1f7a01"] }),
  generation: generation.describe("Generation number; raise it by one to replace this machine by a new one."),
  labels: z.record(z.string(), z.string()).default({}).describe("Kubernetes labels of the Node."),
  taints: z.record(z.string(), z.string()).default({}).describe("Kubernetes taints of the Node, `key: value:Effect`."),
  patches,
});

const pool = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("directory").describe("`directory`: disks are files in a directory of the KVM host."),
    path: z
      .string()
      .regex(/^(\/(?!\.)[\w.+-]+)+$/)
      .default(defaultPoolPath)
      .describe(
        "With `directory`: a directory on the KVM host. The site has one of its own below it, `<cluster>-<site>`, which is made and removed with it.",
      )
      .meta({ form: "an absolute path without spaces", examples: [defaultPoolPath] }),
  }),
  z.strictObject({
    kind: z.literal("lvm").describe("`lvm`: disks are logical volumes."),
    volumeGroup: z
      .string()
      .regex(/^[A-Za-z0-9_+.][A-Za-z0-9_+.-]{0,126}$/)
      .describe("With `lvm`: name of the volume group.")
      .meta({ form: "the name of an LVM volume group", examples: ["vg-talos-setup02"] }),
    devices: z
      .array(devicePath.meta({ examples: ["/dev/sda7"] }))
      .default([])
      .describe("With `lvm`: partitions that the volume group is made of. Empty: the volume group exists already."),
  }),
]);

export const siteSchema = z.strictObject({
  name: dnsLabel(24)
    .describe("Name of the site.")
    .meta({ examples: ["edge"] }),
  cidr: cidr.default("10.0.20.0/24").describe("The site's LAN (IPv4). The bridge takes its first address."),
  bridge: dnsLabel(15)
    .optional()
    .describe("OVS bridge (15 characters at most). Default: `<cluster>-<site>`.")
    .meta({ examples: ["setup02-edge"] }),
  dhcp: z
    .strictObject({
      from: ipv4
        .optional()
        .describe("First address that DHCP draws. Default: address 10 of the LAN, or 2 where there is none."),
      to: ipv4
        .optional()
        .describe("Last address that DHCP draws. Default: address 200 of the LAN, or its last.")
        .meta({ examples: ["10.0.20.200"] }),
    })
    .prefault({})
    .describe("Range that DHCP draws from."),
  dnsServers: z
    .array(ipv4.meta({ examples: ["1.1.1.1"] }))
    .min(1)
    .default(["1.1.1.1", "8.8.8.8"])
    .describe("Upstream DNS servers.")
    .meta({ form: "a list of at least one address" }),
  host: z
    .string()
    .regex(
      /^(?=.{1,255}$)(local|[a-z_][a-z0-9_.-]*@[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*)$/,
    )
    .default("local")
    .describe(
      "KVM host: `local`, or `user@host` reached over SSH with your own SSH configuration; root, or a user with passwordless sudo who is in the group `libvirt`.",
    )
    .meta({ form: "`local` or `user@host`", examples: ["root@kvm.example.com"] }),
  pool: pool
    .default({ kind: "directory", path: defaultPoolPath })
    .describe("Where disks live: a directory, or an LVM volume group."),
  nodes: z
    .array(edgeNode)
    .min(1)
    .describe("The machines of the site; all are workers.")
    .meta({ form: "a list of at least one node" }),
});
