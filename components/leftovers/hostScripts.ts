/** The scripts that remove from a KVM host what an interrupted run left under a name that is about to be taken. Pure. */
import { script } from "../edge/hostScripts";
import { at, listAt, textAt } from "../http/json";
import { ownerOf, ownerText } from "./mark";

/** Something that is about to be made on a host, and the script that makes room for it. */
export interface HostLeftover {
  /** `libvirt network x`, as a sentence names it. */
  what: string;
  script: string;
}

const another = "delete it there, or give the cluster or the site another name";

/**
 * The script for what `inputs` of this type would make. It does nothing where there is no virsh, prints what it removed, and ends with code 3
 * and a sentence where something of that name is not ours.
 *
 * @param pool the pool that a machine's volumes are in.
 */
export function hostLeftover(type: string, inputs: unknown, pool = textAt(inputs, "pool")): HostLeftover {
  const name = textAt(inputs, "name");
  switch (type) {
    case "libvirt:index/network:Network":
      return { what: `libvirt network ${name}`, script: removal(networkLines(name, textAt(inputs, "bridge", "name"))) };
    case "libvirt:index/pool:Pool":
      return { what: `libvirt pool ${name}`, script: removal(poolLines(name, inputs)) };
    case "libvirt:index/volume:Volume":
      return { what: `libvirt volume ${name}`, script: removal(volumeLines(pool, name)) };
    case "libvirt:index/domain:Domain":
      return { what: `libvirt domain ${name}`, script: removal(machineLines(name, pool, inputs)) };
    default:
      throw new Error(`Nothing is known of where ${type} ${name} is.`);
  }
}

/** The same for a domain that says that it is of this incarnation. Its volumes stay, and one of another incarnation. */
export function domainOfIncarnation(domain: string, incarnation: string): HostLeftover {
  const found = `about=$(virsh desc ${quote(domain)} 2>/dev/null) && has "$about" ${quote(` incarnation=${incarnation} `)}`;
  return { what: `libvirt domain ${domain}`, script: removal([`if ${found}; then`, ...domainLines(domain), "fi"]) };
}

/** What is on our own bridge is ours. */
function networkLines(name: string, bridge: string): string[] {
  return [
    `if xml=$(virsh net-dumpxml ${quote(name)} 2>/dev/null); then`,
    `  has "$xml" ${quote(`<bridge name='${bridge}'`)} || foreign ${quote(`The libvirt network ${name}`)}`,
    `  virsh net-destroy ${quote(name)} >/dev/null 2>&1 || true`,
    `  virsh net-undefine ${quote(name)} >/dev/null`,
    `  echo removed`,
    "fi",
  ];
}

/** What is at our own path is ours. Its files stay, but a volume group that the pool made goes, as it could not be made again. */
function poolLines(name: string, inputs: unknown): string[] {
  const madeGroup = textAt(inputs, "type") === "logical" && at(inputs, "create", "build") === true;
  return [
    `if xml=$(virsh pool-dumpxml ${quote(name)} 2>/dev/null); then`,
    `  has "$xml" ${quote(`<path>${textAt(inputs, "target", "path")}</path>`)} || foreign ${quote(`The libvirt pool ${name}`)}`,
    ...(madeGroup
      ? [
          `  virsh pool-start ${quote(name)} >/dev/null 2>&1 || true`,
          `  volumes=$(virsh vol-list ${quote(name)} 2>/dev/null || true)`,
        ]
      : []),
    `  virsh pool-destroy ${quote(name)} >/dev/null 2>&1 || true`,
    ...(madeGroup ? [`  [ -n "$volumes" ] || virsh pool-delete ${quote(name)} >/dev/null 2>&1 || true`] : []),
    `  virsh pool-undefine ${quote(name)} >/dev/null`,
    `  echo removed`,
    "fi",
  ];
}

/** A volume's name holds its machine's serial number, or its site's name in a pool of the site's own. */
function volumeLines(pool: string, name: string): string[] {
  return [
    `virsh pool-refresh ${quote(pool)} >/dev/null 2>&1 || true`,
    `if virsh vol-info --pool ${quote(pool)} ${quote(name)} >/dev/null 2>&1; then`,
    `  virsh vol-delete --pool ${quote(pool)} ${quote(name)} >/dev/null`,
    `  echo removed`,
    "fi",
  ];
}

/** The domain, if it has our mark, and the volumes of earlier incarnations, which no state holds any more when a new one is made. */
function machineLines(domain: string, pool: string, inputs: unknown): string[] {
  const volumes = `^${domain}-[0-9a-f]{8}([.]qcow2|-seed[.]iso|-boot[.]iso)?$`;
  return [
    `if about=$(virsh desc ${quote(domain)} 2>/dev/null); then`,
    `  has "$about" ${quote(ownerText(ownerOf(inputs)))} || foreign ${quote(`The domain ${domain}`)}`,
    ...domainLines(domain),
    "fi",
    `virsh vol-list ${quote(pool)} 2>/dev/null | awk '{ print $1 }' | grep -E ${quote(volumes)} |`,
    `  grep -v ${quote(`^${domain}-${serialOf(inputs).slice(0, 8)}`)} | while read -r volume; do`,
    `  virsh vol-delete --pool ${quote(pool)} "$volume" >/dev/null`,
    "done",
  ];
}

function domainLines(domain: string): string[] {
  return [
    `  virsh destroy ${quote(domain)} >/dev/null 2>&1 || true`,
    // libvirt before 8.9 does not know --tpm, and removes the TPM's state without it.
    `  virsh undefine ${quote(domain)} --nvram --tpm >/dev/null 2>&1 || virsh undefine ${quote(domain)} --nvram >/dev/null`,
    `  if virsh domstate ${quote(domain)} >/dev/null 2>&1; then`,
    `    say ${quote(`The domain ${domain}, left by an interrupted run, cannot be stopped: look at it with virsh.`)}`,
    "    exit 1",
    "  fi",
    `  echo "$about"`,
  ];
}

function serialOf(inputs: unknown): string {
  const entries = listAt(inputs, "sysInfos").flatMap((info) => listAt(info, "smbios", "system", "entries"));
  return textAt(
    entries.find((entry) => textAt(entry, "name") === "serial"),
    "value",
  );
}

/** What the removals have in common: nothing is there to be removed where virsh is missing. */
function removal(lines: string[]): string {
  return script(
    "set -eu",
    "export LC_ALL=C",
    "command -v virsh >/dev/null || exit 0",
    'virsh() { command virsh --quiet --connect qemu:///system "$@"; }',
    'say() { echo "$1" >&2; }',
    'has() { case "$1" in *"$2"*) ;; *) return 1 ;; esac; }',
    `foreign() { say "$1 exists on this host already and was not made by this stack; nothing was changed: ${another}."; exit 3; }`,
    ...lines,
  );
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
