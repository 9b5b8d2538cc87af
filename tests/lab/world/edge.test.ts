import { afterEach, beforeEach, describe, expect, it } from "vitest";
import * as c from "./cluster";
import type { Json } from "./lab";
import { Lab } from "./lab";

let lab: Lab;
beforeEach(async () => {
  lab = await Lab.start();
});
afterEach(async () => {
  await lab.stop();
});

const EDGE = "tag:k8s-edge";

async function edgeConfig(more: Partial<c.ConfigOptions> = {}, secrets = new c.Secrets()): Promise<string> {
  const { key } = await c.authKey(lab, EDGE);
  return c.machineConfig(secrets, {
    role: "worker",
    name: "talos-edge-1",
    authKey: key,
    tag: EDGE,
    endpoint: ["100.64.0.1"],
    ...more,
  });
}

describe("the lab's KVM hosts", () => {
  it("are those under .lab", async () => {
    expect(await lab.ssh("root@kvm.lab", "hostname; id -u; command -v ovs-vsctl")).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^kvm.lab\n0\n.*host-tools\/ovs-vsctl\n$/) as string,
    });
    expect(await lab.ssh("root@example.com", "true")).toMatchObject({
      code: 255,
      stderr: expect.stringContaining("Could not resolve hostname example.com") as string,
    });
  });

  it("come up and go down without a trace", async () => {
    expect(await lab.ssh("kvm.lab", c.SITE_UP)).toMatchObject({ code: 0 });
    expect(lab.world.remains()).toEqual([
      "OVS bridge site1 on kvm.lab",
      "active unit site1.service on kvm.lab",
      "enabled unit site1.service on kvm.lab",
      "dnsmasq of site1.service on kvm.lab",
      "nftables table ip site1 on kvm.lab",
      "file /etc/site1/dnsmasq.conf on kvm.lab",
      "file /etc/systemd/system/site1.service on kvm.lab",
    ]);
    expect(await lab.ssh("kvm.lab", c.SITE_DOWN)).toMatchObject({ code: 0 });
    expect(lab.world.remains()).toEqual([]);
  });

  it.each([
    ["ovs-vsctl add-br a; ovs-vsctl add-br a", 1, "bridge named a already exists"],
    ["ovs-vsctl --may-exist add-br a; ovs-vsctl --if-exists del-br b; ovs-vsctl br-exists b", 2, ""],
    ["ip addr add 10.0.0.1/24 dev nope", 1, 'Cannot find device "nope"'],
    ["nft delete table ip nope", 1, "No such file or directory"],
    ["echo 'table ip a {' | nft -f -", 1, "syntax error"],
    ["systemctl start nope", 5, "nope.service not found"],
    ["echo 'what is this' >$ROOT/etc/d.conf; dnsmasq --test --conf-file=/etc/d.conf", 1, "bad option"],
    ["iptables -C FORWARD -i a -j ACCEPT", 1, "Bad rule"],
  ])("say what is wrong with: %s", async (script, code, message) => {
    const answer = await lab.ssh("kvm.lab", script);
    expect(answer.code).toBe(code);
    expect(answer.stderr).toContain(message);
  });
});

describe("the lab's libvirt", () => {
  it("refuses what libvirt refuses", async () => {
    await c.registerSchematic(lab);
    const create = (uri: string) =>
      lab.rpc("libvirt.create", { token: "libvirt:index/pool:Pool", uri, inputs: { name: "p" } });
    await expect(create("qemu:///system")).rejects.toThrow("failed to connect to libvirt");
    await expect(create("qemu+ssh://root@nowhere/system")).rejects.toThrow("Could not resolve hostname nowhere");
    await c.site(lab);
    await expect(c.site(lab)).rejects.toThrow("network 'site1' already exists");
    await expect(c.edgeNode(lab, "edge", "metal")).rejects.toThrow("Unable to add port vnet0 to OVS bridge site1");
    await expect(c.libvirt(lab, "volume:Volume", { name: "v", pool: "nope", capacity: 1 })).rejects.toThrow(
      "no storage pool with matching name 'nope'",
    );
    const url = `https://factory.talos.dev/image/${c.SCHEMATIC}/v1.12.4/amiga-amd64.iso`;
    await expect(
      c.libvirt(lab, "volume:Volume", { name: "v", pool: "site1", create: { content: { url } } }),
    ).rejects.toThrow("invalid profile");
    await expect(c.libvirt(lab, "secret:Secret", { name: "s" })).rejects.toThrow(
      "The lab's libvirt has no libvirt:index/secret:Secret",
    );
  });

  it("does not delete what a domain uses", async () => {
    await c.registerSchematic(lab);
    await lab.ssh("kvm.lab", c.SITE_UP);
    await c.site(lab, "logical");
    await c.edgeNode(lab, "edge", "metal");
    await lab.world.close();
    lab = await lab.restart();
    const keys = Object.keys(lab.stored().libvirt.objects);
    const erase = (kind: string) => {
      const [, token, id] = keys.find((key) => key.includes(kind))?.split("|") ?? [];
      return lab.rpc("libvirt.delete", { token, id, uri: c.URI });
    };
    await expect(erase("volume:Volume")).rejects.toThrow("Logical volume in use. (domain edge)");
    await expect(erase("network:Network")).rejects.toThrow("network 'site1' is in use by domain 'edge'");
    await expect(erase("pool:Pool")).rejects.toThrow("still has volume");
  });
});

describe("an edge machine", () => {
  it("waits in maintenance mode for a config over the LAN", async () => {
    await c.registerSchematic(lab);
    await lab.ssh("kvm.lab", c.SITE_UP);
    await c.site(lab);
    await c.edgeNode(lab, "edge", "metal");
    const secrets = new c.Secrets();
    const machineConfig = await edgeConfig({}, secrets);
    const apply: Json = { node: "10.0.20.10", endpoint: "10.0.20.10", machineConfig, clientConfiguration: {} };
    expect(await lab.rpc("talos.apply", apply)).toEqual({ mode: "reboot" });
    const address = await c.joined(lab, "talos-edge-1");
    const later = { ...apply, node: address, endpoint: address };
    await expect(lab.rpc("talos.apply", later)).rejects.toThrow("x509");
    expect(await lab.rpc("talos.apply", { ...later, clientConfiguration: secrets.client })).toEqual({
      mode: "no_reboot",
    });
  });

  it("stays without Tailscale when it installs an image without it", async () => {
    await c.registerSchematic(lab);
    await c.registerSchematic(lab, []);
    await lab.ssh("kvm.lab", c.SITE_UP);
    await c.site(lab);
    await c.edgeNode(
      lab,
      "edge",
      "nocloud",
      await edgeConfig({ installer: `factory.talos.dev/installer/${c.PLAIN_SCHEMATIC}:v1.12.4` }),
    );
    await lab.until(
      "it complains",
      () => lab.world.summary().nodes[0]?.problem?.includes("there is no service ext-tailscale") === true,
    );
  });

  it("gets no address from a site without DHCP, and boots when it comes back", async () => {
    await c.registerSchematic(lab);
    await lab.ssh("kvm.lab", `${c.SITE_UP}\nsystemctl stop site1`);
    await c.site(lab);
    await c.edgeNode(lab, "edge", "nocloud", await edgeConfig());
    await lab.until(
      "it complains",
      () => lab.world.summary().nodes[0]?.problem === "DHCP on site1: no answer, no address",
    );
    await lab.ssh("kvm.lab", "systemctl start site1");
    expect(await c.joined(lab, "talos-edge-1")).toMatch(/^100\./);
  });
});

describe("a machine config that Talos does not take", () => {
  it("is refused in Talos' words", async () => {
    await lab.stop();
    lab = await Lab.start({ verdict: "static hostname is already set in v1alpha1 config" });
    await c.cloud(lab);
    await c.cloudNode(lab, "worker-1", "10.1.0.3", await edgeConfig());
    await lab.until(
      "it complains",
      () => lab.world.summary().nodes[0]?.problem?.includes("static hostname is already set") === true,
    );
    expect(await c.devices(lab)).toEqual([]);
  });
});
