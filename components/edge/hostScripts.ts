/** The POSIX sh scripts that put a site's network on its host, look at it and take it away. `$ROOT` prefixes every path. Pure. */
import { bridgeMark, type HostNetwork } from "./hostNetwork";

const endOfFile = "END_OF_TALOS_CLOUD_EDGE_FILE";

/** Settings and helpers that every script begins with. */
function prelude(network: HostNetwork): string[] {
  return [
    "set -eu",
    "umask 022",
    // sh started by ssh or sudo may lack the directories of administration tools.
    'PATH="$PATH:/usr/local/sbin:/usr/sbin:/sbin"',
    `bridge=${network.bridge}`,
    `network=${network.units.network}`,
    `dhcp=${network.units.dhcp}`,
    'say() { echo "$1" >&2; }',
    'bridge_is_there() { ovs-vsctl --timeout=30 br-exists "$bridge" 2>/dev/null; }',
    `bridge_owner() { ovs-vsctl --timeout=30 br-get-external-id "$bridge" ${bridgeMark} 2>/dev/null || true; }`,
  ];
}

/**
 * Installs or changes the network. A second run changes and restarts nothing.
 *
 * Exit code 3: the host is not fit, and the sentence on stderr says why; nothing was changed.
 */
export function installScript(network: HostNetwork): string {
  const puts = network.files.flatMap((file) => {
    if (file.content.split("\n").includes(endOfFile)) {
      throw new Error(
        `The content of ${file.path} holds the line "${endOfFile}", which ends a file in the install script.`,
      );
    }
    return [`put ${file.path} ${file.restarts} <<'${endOfFile}'`, file.content.replace(/\n$/, ""), endOfFile];
  });
  return script(
    ...prelude(network),
    "",
    "missing=",
    "for tool in ovs-vsctl:openvswitch-switch dnsmasq:dnsmasq-base nft:nftables ip:iproute2 sysctl:procps systemctl:systemd virsh:libvirt-clients; do",
    '  command -v "${tool%%:*}" >/dev/null || missing="$missing ${tool%%:*} (package ${tool#*:}),"',
    "done",
    'if [ -n "$missing" ]; then',
    '  say "This host lacks${missing%,}: install what is missing and try again."',
    "  exit 3",
    "fi",
    `if bridge_is_there && [ "$(bridge_owner)" != ${network.name} ]; then`,
    '  say "The bridge $bridge is already there and was not made for this site: delete it or give the site another bridge name."',
    "  exit 3",
    "fi",
    `other=$(ip -4 -o addr show to ${network.cidr} 2>/dev/null | awk '{ print $2 }' | grep -vx "$bridge" | head -n 1 || true)`,
    'if [ -n "$other" ]; then',
    `  say "Interface $other of this host already has an address in ${network.cidr}: give the site another LAN."`,
    "  exit 3",
    "fi",
    "",
    "# What changed is written down before it changes: a run that is cut off is finished by the next one.",
    `pending="\${ROOT:-}${network.directory}/pending"`,
    'mkdir -p "${pending%/*}"',
    "put() {",
    '  target="${ROOT:-}$1"',
    '  mkdir -p "${target%/*}"',
    '  cat >"$target.new"',
    '  if [ -f "$target" ] && cmp -s "$target.new" "$target"; then',
    '    rm -f "$target.new"',
    "  else",
    '    echo "$2" >>"$pending"',
    '    mv -f "$target.new" "$target"',
    "  fi",
    "}",
    `mkdir -p "\${ROOT:-}${parent(network.leaseFile)}"`,
    ...puts,
    "# A bridge that somebody deleted comes back when its unit is restarted; the unit itself still counts as active.",
    'bridge_is_there || echo network >>"$pending"',
    "",
    '[ ! -f "$pending" ] || systemctl daemon-reload',
    "# Restarts a unit if one of its files changed, and starts it if it does not run.",
    "ensure() {",
    '  systemctl is-enabled --quiet "$1" 2>/dev/null || systemctl enable --quiet "$1"',
    '  if ! grep -qsx "$2" "$pending" && systemctl is-active --quiet "$1"; then return; fi',
    "  # A service whose program ends at once, because its port is taken for example, has started all the same: look again.",
    '  if ! systemctl restart "$1" || { sleep 1; ! systemctl is-active --quiet "$1"; }; then',
    '    systemctl status --no-pager --lines=15 "$1" >&2 || true',
    '    say "The unit $1 does not start."',
    "    exit 1",
    "  fi",
    "}",
    'ensure "$network" network',
    'ensure "$dhcp" dhcp',
    "bridge_is_there || {",
    '  say "The bridge $bridge is not there although $network started."',
    "  exit 1",
    "}",
    'rm -f "$pending"',
  );
}

/** Prints one line for each part: `file <path> <sha256 | missing>`, `unit <name> <state>`, `bridge <name> <present | missing>`. */
export function inspectScript(network: HostNetwork): string {
  return script(
    ...prelude(network),
    "file() {",
    '  if [ -f "${ROOT:-}$1" ]; then',
    '    echo "file $1 $(sha256sum <"${ROOT:-}$1" | cut -d " " -f 1)"',
    "  else",
    '    echo "file $1 missing"',
    "  fi",
    "}",
    'unit() { echo "unit $1 $(systemctl is-active "$1" 2>/dev/null || true)"; }',
    ...network.files.map((file) => `file ${file.path}`),
    'unit "$network"',
    'unit "$dhcp"',
    'if bridge_is_there; then echo "bridge $bridge present"; else echo "bridge $bridge missing"; fi',
  );
}

/** Takes everything away. What is missing already is no mistake. */
export function removeScript(network: HostNetwork): string {
  return script(
    ...prelude(network),
    'for unit in "$dhcp" "$network"; do',
    '  [ ! -f "${ROOT:-}/etc/systemd/system/$unit" ] || systemctl disable --quiet --now "$unit"',
    "done",
    `down="\${ROOT:-}${network.directory}/down.sh"`,
    '[ ! -f "$down" ] || sh "$down"',
    `! command -v nft >/dev/null || nft delete table ip ${network.natTable} 2>/dev/null || true`,
    `if command -v ovs-vsctl >/dev/null && bridge_is_there && [ "$(bridge_owner)" = ${network.name} ]; then`,
    '  ovs-vsctl --timeout=30 --if-exists del-br "$bridge"',
    "fi",
    ...[...network.files.map((file) => file.path), `${network.directory}/pending`, network.leaseFile].map(
      (path) => `rm -f "\${ROOT:-}${path}"`,
    ),
    `[ ! -d "\${ROOT:-}${network.directory}" ] || rmdir "\${ROOT:-}${network.directory}"`,
    "# Only the last site of the host finds it empty.",
    `rmdir "\${ROOT:-}${parent(network.directory)}" 2>/dev/null || true`,
    "! command -v systemctl >/dev/null || systemctl daemon-reload",
  );
}

/** One function, called last: of a script that arrives cut short, nothing runs. */
export function script(...text: string[]): string {
  return ["main() {", ...text, "}", "main </dev/null", ""].join("\n");
}

function parent(path: string): string {
  return path.slice(0, path.lastIndexOf("/"));
}
