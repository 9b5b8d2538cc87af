/** The libvirt domain of an edge node, as the provider takes it (it mirrors libvirt's XML). */
import type * as libvirt from "@pulumi/libvirt";
import type * as pulumi from "@pulumi/pulumi";
import type { EdgeNodePlan, SitePlan } from "./plan";

/** What a domain is put together from. The paths are those of volumes on the host. */
export interface DomainParts {
  uuid: pulumi.Input<string>;
  /** Serial number of the machine: another one, another machine. */
  serial: pulumi.Input<string>;
  networkName: pulumi.Input<string>;
  systemDisk: pulumi.Input<string>;
  bootIso: pulumi.Input<string>;
  /** Only with `nocloud`. */
  seed?: pulumi.Input<string>;
  /** Says whose the domain is. */
  description: pulumi.Input<string>;
}

type Disk = libvirt.types.input.DomainDevicesDisk;

/** Arguments of the domain. */
export function domainArgs(pool: SitePlan["pool"]["kind"], node: EdgeNodePlan, parts: DomainParts): libvirt.DomainArgs {
  const amd64 = node.architecture === "amd64";
  return {
    name: node.domainName,
    description: parts.description,
    type: "kvm",
    vcpu: node.vcpus,
    memory: node.memoryMb,
    memoryUnit: "MiB",
    // Talos needs x86-64-v2: the host's own CPU has it, QEMU's default model does not.
    cpu: { mode: "host-passthrough" },
    os: {
      type: "hvm",
      typeArch: amd64 ? "x86_64" : "aarch64",
      typeMachine: amd64 ? "q35" : "virt",
      // libvirt gives the domain the UUID that its SMBIOS table has.
      smBios: { mode: "sysinfo" },
      ...(usesUefi(node) ? uefi : {}),
    },
    sysInfos: [
      {
        smbios: {
          system: {
            entries: [
              { name: "serial", value: parts.serial },
              { name: "uuid", value: parts.uuid },
            ],
          },
        },
      },
    ],
    features: { acpi: true, ...(amd64 ? { apic: {} } : {}) },
    clock: { offset: "utc" },
    devices: {
      disks: disks(pool, amd64 ? "sata" : "scsi", parts),
      ...(amd64 ? {} : { controllers: [{ type: "scsi", model: "virtio-scsi" }] }),
      interfaces: [
        {
          mac: { address: node.mac },
          model: { type: "virtio" },
          source: { network: { network: parts.networkName } },
        },
      ],
      serials: [{ target: { port: 0 } }],
      consoles: [{ target: { type: "serial", port: 0 } }],
      channels: [{ source: { unix: {} }, target: { virtIo: { name: "org.qemu.guest_agent.0" } } }],
      rngs: [{ model: "virtio", backend: { random: "/dev/urandom" } }],
      ...(node.tpm
        ? { tpms: [{ model: amd64 ? "tpm-crb" : "tpm-tis", backend: { emulator: { version: "2.0" } } }] }
        : {}),
    },
    // A machine that hangs or was never installed does not answer a request to shut down, and its disks go with it anyway.
    destroy: { graceful: false },
    autostart: true,
    running: true,
  };
}

/**
 * BIOS where it will do: it needs no firmware package on the host and no NVRAM file beside the domain, and Talos' ISO starts either way.
 * arm64 has no BIOS, and a TPM is only worth having with measured boot, which is UEFI's.
 */
function usesUefi(node: EdgeNodePlan): boolean {
  return node.tpm || node.architecture === "arm64";
}

/** libvirt picks the firmware file; one that enforces Secure Boot would refuse the plain Talos ISO. */
const uefi = {
  firmware: "efi",
  firmwareInfo: { features: [{ name: "secure-boot", enabled: "no" }] },
};

/** Disk first, ISO second: an empty disk falls through to the ISO, an installed one boots, and nothing has to be ejected. */
function disks(pool: SitePlan["pool"]["kind"], cdromBus: string, parts: DomainParts): Disk[] {
  // By path rather than by pool and volume: libvirt's AppArmor helper cannot resolve the latter.
  const source = (path: pulumi.Input<string>) => (pool === "lvm" ? { block: { dev: path } } : { file: { file: path } });
  const cdrom = (dev: string, path: pulumi.Input<string>, extra: Partial<Disk>): Disk => ({
    device: "cdrom",
    driver: { name: "qemu", type: "raw" },
    source: source(path),
    target: { dev, bus: cdromBus },
    readOnly: true,
    ...extra,
  });
  return [
    {
      device: "disk",
      driver: { name: "qemu", type: pool === "lvm" ? "raw" : "qcow2", discard: "unmap" },
      source: source(parts.systemDisk),
      // The first virtio disk is /dev/vda, where Talos installs to.
      target: { dev: "vda", bus: "virtio" },
      boot: { order: 1 },
    },
    cdrom("sda", parts.bootIso, { boot: { order: 2 } }),
    ...(parts.seed === undefined ? [] : [cdrom("sdb", parts.seed, {})]),
  ];
}
