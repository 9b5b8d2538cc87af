import { spawnSync } from "node:child_process";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { hostNetwork } from "../../components/edge/hostNetwork";
import { installScript, inspectScript, removeScript } from "../../components/edge/hostScripts";
import { sitePlan } from "../../components/edge/plan";
import { findDrift } from "../../components/edge/siteNetwork";
import { cluster, site } from "./fixtures";
import { testHost, type TestHost } from "./host";

const network = hostNetwork(sitePlan(cluster, site()));
const [netUnit, dhcpUnit] = [network.units.network, network.units.dhcp];
const dnsmasqConf = "/etc/talos-cloud-edge/setup02-edge/dnsmasq.conf";

const filterRules = [
  "FORWARD -i setup02-edge",
  "FORWARD -o setup02-edge -m conntrack --ctstate RELATED,ESTABLISHED",
  "INPUT -i setup02-edge -p udp --dport 67",
  "INPUT -i setup02-edge -p udp --dport 53",
  "INPUT -i setup02-edge -p tcp --dport 53",
];

let host: TestHost;
beforeEach(() => {
  host = testHost();
});
afterEach(() => {
  host.close();
});

function install(what = network): void {
  expect(host.run(installScript(what))).toEqual({ code: 0, stdout: "", stderr: "" });
}

describe("scripts", () => {
  it.each<readonly [string, string]>([
    ["install", installScript(network)],
    ["inspect", inspectScript(network)],
    ["remove", removeScript(network)],
    ...network.files.filter(({ path }) => path.endsWith(".sh")).map(({ path, content }) => [path, content] as const),
  ])("%s is valid sh", (_name, script) => {
    expect(spawnSync("sh", ["-n"], { input: script, encoding: "utf8" })).toMatchObject({ status: 0, stderr: "" });
  });

  it("refuses content that would end a file early", () => {
    const files = [{ path: "/etc/x", content: "a\nEND_OF_TALOS_CLOUD_EDGE_FILE\n", restarts: "dhcp" as const }];
    expect(() => installScript({ ...network, files })).toThrow(
      'The content of /etc/x holds the line "END_OF_TALOS_CLOUD_EDGE_FILE", which ends a file in the install script.',
    );
  });

  it("does nothing when it arrives cut short", () => {
    const script = installScript(network);
    for (const part of [0.3, 0.6, 0.95]) {
      expect(host.run(script.slice(0, script.length * part)).code).not.toBe(0);
    }
    expect(host.files()).toEqual({});
    expect(host.commands()).toEqual([]);
  });
});

describe("install", () => {
  it("writes the files, enables and starts the units, and so makes bridge, NAT and filter rules", () => {
    install();
    expect(host.files()).toEqual(Object.fromEntries(network.files.map(({ path, content }) => [path, content])));
    expect(host.state("bridges/setup02-edge")).toBe("setup02-edge\n");
    expect(host.state("nft/table")).toBe("talos-cloud-edge-setup02-edge\n");
    expect(host.state("iptables")?.trim().split("\n")).toHaveLength(5);
    expect([netUnit, dhcpUnit].map((unit) => [host.state(`active/${unit}`), host.state(`enabled/${unit}`)])).toEqual([
      ["", ""],
      ["", ""],
    ]);
    expect(host.commands()).toEqual([
      "systemctl daemon-reload",
      `systemctl enable --quiet ${netUnit}`,
      `systemctl restart ${netUnit}`,
      "ovs-vsctl --timeout=30 --may-exist add-br setup02-edge -- br-set-external-id setup02-edge talos-cloud-edge setup02-edge",
      "ip addr replace 10.0.20.1/24 dev setup02-edge",
      "ip link set dev setup02-edge up",
      "sysctl -q -p /etc/sysctl.d/90-talos-cloud-edge-setup02-edge.conf",
      "nft -f /etc/talos-cloud-edge/setup02-edge/nat.nft",
      ...filterRules.flatMap((rule) => [
        `iptables -w 10 -C ${rule} -m comment --comment setup02-edge -j ACCEPT`,
        `iptables -w 10 -I ${rule} -m comment --comment setup02-edge -j ACCEPT`,
      ]),
      `systemctl enable --quiet ${dhcpUnit}`,
      `systemctl restart ${dhcpUnit}`,
    ]);
  });

  it("changes nothing the second time", () => {
    install();
    const before = host.files();
    host.commands();
    install();
    expect(host.commands()).toEqual([]);
    expect(host.files()).toEqual(before);
  });

  it("restarts DHCP alone when only its file changed", () => {
    install();
    host.commands();
    const nodes = [{}, { name: "talos-edge-2", mac: "52:54:00:00:02:02", ip: "10.0.20.11" }];
    install(hostNetwork(sitePlan(cluster, site({}, nodes))));
    expect(host.commands()).toEqual(["systemctl daemon-reload", `systemctl restart ${dhcpUnit}`]);
  });

  it("makes a bridge anew that somebody deleted while its unit counts as active", () => {
    install();
    rmSync(join(host.root, "../state/bridges/setup02-edge"));
    host.commands();
    install();
    expect(host.state("bridges/setup02-edge")).toBe("setup02-edge\n");
    expect(host.commands()).toContain(`systemctl restart ${netUnit}`);
  });

  it("finishes what an earlier run left undone", () => {
    host.setState("broken", "");
    const failed = host.run(installScript(network));
    expect(failed.code).toBe(1);
    expect(failed.stderr).toBe(
      `Job for ${netUnit} failed.\nstatus of ${netUnit}\nThe unit ${netUnit} does not start.\n`,
    );
    rmSync(join(host.root, "../state/broken"));
    // The unit runs, but with the files of before.
    host.setState(`active/${netUnit}`, "");
    host.commands();
    install();
    expect(host.commands()).toContain(`systemctl restart ${netUnit}`);
  });

  it("says what the host lacks and leaves it alone", () => {
    host.uninstall("ovs-vsctl");
    host.uninstall("dnsmasq");
    expect(host.run(installScript(network))).toEqual({
      code: 3,
      stdout: "",
      stderr:
        "This host lacks ovs-vsctl (package openvswitch-switch), dnsmasq (package dnsmasq-base): install what is missing and try again.\n",
    });
    expect(host.files()).toEqual({});
  });

  it("does not take over a bridge that is someone else's", () => {
    host.setState("bridges/setup02-edge", "another\n");
    expect(host.run(installScript(network))).toMatchObject({
      code: 3,
      stderr:
        "The bridge setup02-edge is already there and was not made for this site: delete it or give the site another bridge name.\n",
    });
    expect(host.files()).toEqual({});
  });

  it("does not take a LAN that another interface has", () => {
    host.setState("addresses", "3: virbr0    inet 10.0.20.1/24 brd 10.0.20.255 scope global virbr0\n");
    expect(host.run(installScript(network))).toMatchObject({
      code: 3,
      stderr: "Interface virbr0 of this host already has an address in 10.0.20.0/24: give the site another LAN.\n",
    });
    host.setState("addresses", "3: setup02-edge    inet 10.0.20.1/24 scope global setup02-edge\n");
    install();
  });
});

describe("inspect", () => {
  const drift = () => findDrift(network, host.run(inspectScript(network)).stdout);

  it("finds no drift after an install", () => {
    install();
    expect(drift()).toEqual([]);
  });

  it("finds nothing on a host that was never set up", () => {
    expect(drift()).toBeUndefined();
  });

  it("names what differs", () => {
    install();
    writeFileSync(join(host.root, dnsmasqConf), "port=0\n");
    rmSync(join(host.root, "etc/talos-cloud-edge/setup02-edge/nat.nft"));
    rmSync(join(host.root, `../state/active/${dhcpUnit}`));
    rmSync(join(host.root, "../state/bridges/setup02-edge"));
    expect(drift()).toEqual([
      "/etc/talos-cloud-edge/setup02-edge/nat.nft is missing.",
      `${dnsmasqConf} was changed.`,
      `${dhcpUnit} is inactive.`,
      "The bridge setup02-edge is missing.",
    ]);
  });
});

describe("remove", () => {
  it("leaves nothing", () => {
    install();
    writeFileSync(join(host.root, "var/lib/misc/dnsmasq.setup02-edge.leases"), "lease\n");
    expect(host.run(removeScript(network))).toEqual({ code: 0, stdout: "", stderr: "" });
    expect(host.files()).toEqual({});
    expect(["bridges/setup02-edge", "nft/table", `active/${netUnit}`, `enabled/${dhcpUnit}`].map(host.state)).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
    expect(host.state("iptables")).toBe("");
  });

  it("succeeds where nothing is, without the tools too", () => {
    expect(host.run(removeScript(network)).code).toBe(0);
    for (const tool of ["ovs-vsctl", "nft", "dnsmasq"]) host.uninstall(tool);
    expect(host.run(removeScript(network))).toEqual({ code: 0, stdout: "", stderr: "" });
  });

  it("keeps other sites and other people's bridges", () => {
    const other = hostNetwork(sitePlan(cluster, site({ name: "other", cidr: "10.0.30.0/24" })));
    install();
    install(other);
    host.setState("bridges/setup02-edge", "another\n");
    expect(host.run(removeScript(network)).code).toBe(0);
    expect(Object.keys(host.files()).sort()).toEqual(other.files.map((file) => file.path).sort());
    expect(host.state("bridges/setup02-edge")).toBe("another\n");
    expect(host.state("bridges/setup02-other")).toBe("setup02-other\n");
  });
});
