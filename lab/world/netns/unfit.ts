/** Whether this machine can carry the netns world. */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { isExecutable } from "../../engine/cache";
import { PATH } from "./command";

/** Tools and the Debian packages that bring them. */
const TOOLS: Record<string, string> = {
  ip: "iproute2",
  nft: "nftables",
  iptables: "iptables",
  dnsmasq: "dnsmasq-base",
  "ovs-vsctl": "openvswitch-switch",
  "ovs-vswitchd": "openvswitch-switch",
  ethtool: "ethtool",
  busybox: "busybox-static",
  nsenter: "util-linux",
  unshare: "util-linux",
  sysctl: "procps",
  ping: "iputils-ping",
  conntrack: "conntrack",
  containerd: "containerd",
  runc: "runc",
};
/** Folders of further packages. */
const FOLDERS: Record<string, string> = { "/usr/lib/cni": "containernetworking-plugins" };

/** What every lab does. Nothing that it makes outlives it. */
const PROBE = "mount -t tmpfs lab /mnt; ip link add probe0 type veth peer name probe1; nft add table ip t";

/** Why a lab of namespaces cannot run here, in one line; undefined when it can. */
export function unfit(): string | undefined {
  if (process.platform !== "linux") return `the lab of namespaces needs Linux, and this is ${process.platform}`;
  if (process.getuid?.() !== 0) return "the lab of namespaces needs root";
  const missing = [
    ...Object.entries(TOOLS).filter(([tool]) => !isThere(tool)),
    ...Object.entries(FOLDERS).filter(([folder]) => !existsSync(folder)),
  ];
  if (missing.length > 0) {
    const packages = [...new Set(missing.map(([, name]) => name))].sort().join(" ");
    return `the lab of namespaces lacks ${missing.map(([tool]) => tool).join(", ")}: on Debian, apt-get install ${packages}`;
  }
  if (!existsSync("/dev/net/tun")) return "the lab of namespaces needs /dev/net/tun";
  return mayMakeNamespaces();
}

/** A container's root may be root in name only. */
function mayMakeNamespaces(): string | undefined {
  const args = ["--net", "--mount", "--propagation", "private", "--", "sh", "-ec", PROBE];
  const { status, stderr, error } = spawnSync("unshare", args, { env: { PATH }, encoding: "utf8", timeout: 20_000 });
  if (status === 0) return undefined;
  const said = error?.message ?? stderr.trim().replace(/\s+/g, " ");
  return `the lab of namespaces may not make any here: ${said}`;
}

function isThere(tool: string): boolean {
  return PATH.split(":").some((folder) => isExecutable(join(folder, tool)));
}
