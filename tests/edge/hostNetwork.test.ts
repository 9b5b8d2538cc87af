import { describe, expect, it } from "vitest";
import { hostNetwork } from "../../components/edge/hostNetwork";
import { sitePlan } from "../../components/edge/plan";
import { cluster, site } from "./fixtures";

const network = hostNetwork(sitePlan(cluster, site({ bridge: "br-edge", dnsServers: ["9.9.9.9"] })));

describe("hostNetwork", () => {
  it.each(network.files.map((file) => [file.path, file] as const))("writes %s", (_path, file) => {
    expect(file.content).toMatchSnapshot();
    expect(file.content.endsWith("\n")).toBe(true);
  });

  it("restarts only DHCP when a lease is added", () => {
    const more = hostNetwork(
      sitePlan(
        cluster,
        site({ bridge: "br-edge", dnsServers: ["9.9.9.9"] }, [
          {},
          { name: "talos-edge-2", mac: "52:54:00:00:02:02", ip: "10.0.20.11" },
        ]),
      ),
    );
    const changed = more.files.filter((file, index) => file.content !== network.files[index]?.content);
    expect(changed.map(({ path, restarts }) => ({ path, restarts }))).toEqual([
      { path: "/etc/talos-cloud-edge/setup02-edge/dnsmasq.conf", restarts: "dhcp" },
    ]);
    expect(changed[0]?.content).toContain("dhcp-host=52:54:00:00:02:02,10.0.20.11,talos-edge-2,infinite\n");
  });

  it("gives two sites of a host nothing in common", () => {
    const other = hostNetwork(sitePlan(cluster, site({ name: "other", cidr: "10.0.30.0/24" })));
    const names = [network, other].map(({ files, natTable, leaseFile, units, bridge, directory }) => [
      ...files.map((file) => file.path),
      ...Object.values(units),
      natTable,
      leaseFile,
      bridge,
      directory,
    ]);
    expect(names[0]?.filter((name) => names[1]?.includes(name))).toEqual([]);
  });
});
