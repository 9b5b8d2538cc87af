/** The network of a site on its KVM host, as files and systemd units, so that it comes back by itself after a reboot. Pure. */
import type { SitePlan } from "./plan";

/** One file on the KVM host. */
export interface HostFile {
  path: string;
  content: string;
  /** Which unit a change of the file restarts. The bridge stays up when only a lease changes. */
  restarts: "network" | "dhcp";
}

/** Everything that a site puts on its host. */
export interface HostNetwork {
  /** `<cluster>-<site>`; also the mark that tells our bridge from others. */
  name: string;
  bridge: string;
  cidr: string;
  /** The directory that holds the site's own files. */
  directory: string;
  natTable: string;
  leaseFile: string;
  units: { network: string; dhcp: string };
  files: HostFile[];
}

/** Marks the OVS bridge as ours (external id): a bridge that someone else made is neither used nor deleted. */
export const bridgeMark = "talos-cloud-edge";

/** The files of a site. */
export function hostNetwork(plan: SitePlan): HostNetwork {
  const directory = `/etc/talos-cloud-edge/${plan.name}`;
  const names = {
    name: plan.name,
    bridge: plan.bridge,
    cidr: plan.cidr,
    directory,
    natTable: `talos-cloud-edge-${plan.name}`,
    // Where distributions' own security profiles for dnsmasq expect the leases of a bridge.
    leaseFile: `/var/lib/misc/dnsmasq.${plan.bridge}.leases`,
    units: { network: `${plan.units.network}.service`, dhcp: `${plan.units.dhcp}.service` },
  };
  const sysctl = `/etc/sysctl.d/90-talos-cloud-edge-${plan.name}.conf`;
  return {
    ...names,
    files: [
      { path: `${directory}/up.sh`, content: upScript(plan, directory, sysctl), restarts: "network" },
      { path: `${directory}/down.sh`, content: downScript(plan, names.natTable), restarts: "network" },
      { path: `${directory}/nat.nft`, content: natRules(plan, names.natTable), restarts: "network" },
      { path: sysctl, content: sysctlConf(plan), restarts: "network" },
      { path: `${directory}/dnsmasq.conf`, content: dnsmasqConf(plan, names.leaseFile), restarts: "dhcp" },
      {
        path: `/etc/systemd/system/${names.units.network}`,
        content: networkUnit(plan, directory),
        restarts: "network",
      },
      {
        path: `/etc/systemd/system/${names.units.dhcp}`,
        content: dhcpUnit(plan, directory, names.units.network),
        restarts: "dhcp",
      },
    ],
  };
}

const lines = (...text: string[]): string => `${text.join("\n")}\n`;

const title = (plan: SitePlan): string => `site ${plan.siteName} of cluster ${plan.clusterName}`;

/**
 * iptables matches (chain first) whose packets must not be dropped. A host with an nftables ruleset of its own that drops by default has
 * to let these through there: no other table can overrule it.
 */
function accepted(bridge: string): string[] {
  return [
    `FORWARD -i ${bridge}`,
    `FORWARD -o ${bridge} -m conntrack --ctstate RELATED,ESTABLISHED`,
    `INPUT -i ${bridge} -p udp --dport 67`,
    `INPUT -i ${bridge} -p udp --dport 53`,
    `INPUT -i ${bridge} -p tcp --dport 53`,
  ];
}

function upScript(plan: SitePlan, directory: string, sysctl: string): string {
  return lines(
    "#!/bin/sh",
    `# Brings up the network of ${title(plan)}. May be run again at any time.`,
    "set -eu",
    `ovs-vsctl --timeout=30 --may-exist add-br ${plan.bridge} -- br-set-external-id ${plan.bridge} ${bridgeMark} ${plan.name}`,
    `ip addr replace ${plan.gateway}/${plan.prefix} dev ${plan.bridge}`,
    `ip link set dev ${plan.bridge} up`,
    `sysctl -q -p ${sysctl}`,
    `nft -f ${directory}/nat.nft`,
    "",
    "# An accept in a table of our own would not do here: a packet must pass every table, so the drop policy that Docker or ufw",
    "# set on the iptables chains would still get it. The rules therefore go into those very chains.",
    "if command -v iptables >/dev/null; then",
    "  accept() {",
    `    iptables -w 10 -C "$@" -m comment --comment ${plan.name} -j ACCEPT 2>/dev/null ||`,
    `      iptables -w 10 -I "$@" -m comment --comment ${plan.name} -j ACCEPT`,
    "  }",
    ...accepted(plan.bridge).map((match) => `  accept ${match}`),
    "fi",
    "# firewalld rejects what belongs to no zone of its own, so the bridge gets one; permanent, or a reload would forget it.",
    "if command -v firewall-cmd >/dev/null && firewall-cmd --quiet --state 2>/dev/null; then",
    `  firewall-cmd --quiet --zone=trusted --change-interface=${plan.bridge}`,
    `  firewall-cmd --quiet --permanent --zone=trusted --change-interface=${plan.bridge}`,
    "fi",
  );
}

function downScript(plan: SitePlan, table: string): string {
  return lines(
    "#!/bin/sh",
    `# Takes down the network of ${title(plan)}. The bridge itself stays: libvirt plugs a machine in only when the machine`,
    "# starts, so a bridge made anew by a restart of the unit would leave running machines unplugged.",
    "set -u",
    "if command -v firewall-cmd >/dev/null && firewall-cmd --quiet --state 2>/dev/null; then",
    `  firewall-cmd --quiet --zone=trusted --remove-interface=${plan.bridge} 2>/dev/null`,
    `  firewall-cmd --quiet --permanent --zone=trusted --remove-interface=${plan.bridge} 2>/dev/null`,
    "fi",
    "if command -v iptables >/dev/null; then",
    ...accepted(plan.bridge).map(
      (match) => `  iptables -w 10 -D ${match} -m comment --comment ${plan.name} -j ACCEPT 2>/dev/null`,
    ),
    "fi",
    `nft delete table ip ${table} 2>/dev/null`,
    `ip addr del ${plan.gateway}/${plan.prefix} dev ${plan.bridge} 2>/dev/null`,
    "exit 0",
  );
}

function natRules(plan: SitePlan, table: string): string {
  return lines(
    `# NAT of ${title(plan)}. Declaring the table before deleting it makes the file load whether or not it is there.`,
    `table ip ${table}`,
    `delete table ip ${table}`,
    `table ip ${table} {`,
    "  chain postrouting {",
    "    type nat hook postrouting priority 100; policy accept;",
    "    # By interface, not by destination: DHCP answers to the broadcast address keep their port.",
    `    oifname != "${plan.bridge}" ip saddr ${plan.cidr} masquerade`,
    "  }",
    "}",
  );
}

function sysctlConf(plan: SitePlan): string {
  return lines(
    `# The host routes for ${title(plan)}. Replies come in by the uplink, so the switch of the bridge alone is not enough.`,
    "net.ipv4.ip_forward = 1",
  );
}

function dnsmasqConf(plan: SitePlan, leaseFile: string): string {
  return lines(
    `# DHCP and DNS of ${title(plan)}, on its bridge only: libvirt's and the system's own dnsmasq keep their interfaces.`,
    `interface=${plan.bridge}`,
    "except-interface=lo",
    "bind-dynamic",
    "",
    "no-resolv",
    "no-hosts",
    ...plan.dnsServers.map((server) => `server=${server}`),
    "",
    "dhcp-authoritative",
    `dhcp-leasefile=${leaseFile}`,
    `dhcp-range=${plan.dhcp.from},${plan.dhcp.to},${plan.netmask},12h`,
    `dhcp-option=option:router,${plan.gateway}`,
    `dhcp-option=option:dns-server,${plan.gateway}`,
    ...plan.leases.map((lease) => `dhcp-host=${lease.mac},${lease.ip},${lease.hostname},infinite`),
  );
}

function networkUnit(plan: SitePlan, directory: string): string {
  return lines(
    "[Unit]",
    `Description=Network of Talos ${title(plan)}`,
    // Docker, firewalld and nftables write their rules when they start: ours come after. libvirt starts machines: they come after ours.
    "Wants=openvswitch-switch.service openvswitch.service",
    "After=network.target openvswitch-switch.service openvswitch.service nftables.service firewalld.service ufw.service docker.service",
    "Before=libvirtd.service virtqemud.service virtnetworkd.service libvirt-guests.service",
    "",
    "[Service]",
    "Type=oneshot",
    "RemainAfterExit=yes",
    `ExecStart=/bin/sh ${directory}/up.sh`,
    `ExecStop=/bin/sh ${directory}/down.sh`,
    "",
    "[Install]",
    "WantedBy=multi-user.target",
  );
}

function dhcpUnit(plan: SitePlan, directory: string, networkUnitName: string): string {
  return lines(
    "[Unit]",
    `Description=DHCP and DNS of Talos ${title(plan)}`,
    `Requires=${networkUnitName}`,
    `After=${networkUnitName}`,
    // Machines of the site have no address without it: it is tried for ever.
    "StartLimitIntervalSec=0",
    "",
    "[Service]",
    `ExecStart=dnsmasq --keep-in-foreground --conf-file=${directory}/dnsmasq.conf`,
    "Restart=always",
    "RestartSec=2",
    "ProtectHome=yes",
    "PrivateTmp=yes",
    "",
    "[Install]",
    "WantedBy=multi-user.target",
  );
}
