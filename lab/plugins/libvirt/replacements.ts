import type { ReplacementRules } from "../typedProvider";

/** What the libvirt provider 0.9.7 replaces: a network and a volume cannot be changed, a domain is defined anew in place. */
export const libvirtReplacements: Record<string, ReplacementRules> = {
  "libvirt:index/domain:Domain": { replaces: ["name", "type"] },
  "libvirt:index/network:Network": { replaces: ["*"], updates: ["autostart"] },
  "libvirt:index/pool:Pool": { replaces: ["name", "type", "target.path", "source"] },
  "libvirt:index/volume:Volume": {
    replaces: ["name", "pool", "type", "capacity", "capacityUnit", "create", "backingStore", "target.format"],
  },
  "libvirt:index/cloudinitDisk:CloudinitDisk": { replaces: ["*"] },
  "libvirt:index/ignition:Ignition": { replaces: ["*"] },
  "libvirt:index/combustion:Combustion": { replaces: ["*"] },
};
