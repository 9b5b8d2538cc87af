import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { domainOfIncarnation, hostLeftover } from "../../components/leftovers/hostScripts";
import { domainDescription } from "../../components/leftovers/machine";
import * as c from "../lab/world/cluster";
import { Lab } from "../lab/world/lab";

/** The real scripts in a real shell, over the lab's libvirt. */
let lab: Lab;
beforeEach(async () => {
  lab = await Lab.start();
  await lab.ssh("kvm.lab", c.SITE_UP);
});
afterEach(async () => {
  await lab.stop();
});

const owner = "00c0ffee00c0ffee";
const description = domainDescription(owner, { incarnation: "0a1b2c3d", since: "2026-05-01T12:00:00Z" });

const run = (type: string, inputs: object, pool?: string) =>
  lab.ssh("kvm.lab", hostLeftover(`libvirt:index/${type}`, inputs, pool).script);

/** What libvirt has, without what is on the host beside it. */
const libvirtHas = (): string[] => lab.world.remains().filter((what) => what.startsWith("libvirt"));

const network = { name: "site1", bridge: { name: "site1" } };
const pool = { name: "site1", type: "dir", target: { path: "/var/lib/libvirt/site1" } };
const group = { name: "site1", type: "logical", target: { path: "/dev/vg" }, create: { build: true } };

/** The domain that is about to be made: its serial number begins as the names of its volumes do. */
const domain = {
  name: "setup02-edge-1",
  description,
  sysInfos: [{ smbios: { system: { entries: [{ name: "serial", value: "22222222-0000-4000-8000-000000000000" }] } } }],
};

async function machine(about: string): Promise<void> {
  await c.site(lab);
  const disk = await c.libvirt(lab, "volume:Volume", {
    name: "setup02-edge-1-11111111.qcow2",
    pool: "site1",
    capacity: 1,
  });
  const others = [
    "setup02-edge-1-11111111-seed.iso",
    "setup02-edge-1-22222222.qcow2",
    "setup02-edge-1-deadbeef-33333333.qcow2",
  ];
  for (const name of others) await c.libvirt(lab, "volume:Volume", { name, pool: "site1", capacity: 1 });
  await c.libvirt(lab, "domain:Domain", {
    name: "setup02-edge-1",
    description: about,
    type: "kvm",
    memory: 8192,
    os: { firmware: "efi" },
    running: true,
    devices: {
      disks: [{ device: "disk", source: { file: { file: disk.id } } }],
      interfaces: [{ mac: { address: c.MAC }, source: { network: { network: "site1" } } }],
    },
  });
}

describe("on a host with nothing of the name", () => {
  it.each([
    ["network:Network", network],
    ["pool:Pool", pool],
    ["pool:Pool", group],
    ["volume:Volume", { name: "a.iso", pool: "site1" }],
    ["domain:Domain", domain],
  ])("the script of a %s does and says nothing", async (type, inputs) => {
    expect(await run(type, inputs, "site1")).toEqual({ code: 0, stdout: "", stderr: "" });
  });

  it("and without virsh neither", async () => {
    const { script } = hostLeftover("libvirt:index/domain:Domain", domain, "site1");
    expect(await lab.ssh("kvm.lab", `PATH=/nowhere\n${script}`)).toEqual({ code: 0, stdout: "", stderr: "" });
  });
});

describe("a network, a pool and a volume that were left", () => {
  beforeEach(async () => {
    await c.site(lab);
    await c.libvirt(lab, "volume:Volume", { name: "a.iso", pool: "site1", capacity: 1 });
  });

  it("are removed where they are ours", async () => {
    const removed = { code: 0, stdout: "removed\n", stderr: "" };
    expect(await run("volume:Volume", { name: "a.iso", pool: "site1" })).toEqual(removed);
    expect(await run("pool:Pool", pool)).toEqual(removed);
    expect(await run("network:Network", network)).toEqual(removed);
    expect(libvirtHas()).toEqual([]);
  });

  it("are left alone where they are not", async () => {
    const before = libvirtHas();
    const said = (what: string) => ({
      code: 3,
      stdout: "",
      stderr:
        `${what} exists on this host already and was not made by this stack; nothing was changed: ` +
        "delete it there, or give the cluster or the site another name.\n",
    });
    expect(await run("pool:Pool", { ...pool, target: { path: "/srv" } })).toEqual(said("The libvirt pool site1"));
    expect(await run("network:Network", { ...network, bridge: { name: "br0" } })).toEqual(
      said("The libvirt network site1"),
    );
    expect(libvirtHas()).toEqual(before);
  });
});

describe("a machine that was left", () => {
  it("is removed with the volumes of its incarnation, and tells which it was", async () => {
    await machine(description);
    expect(await run("domain:Domain", domain, "site1")).toEqual({ code: 0, stdout: `${description}\n`, stderr: "" });
    expect(libvirtHas()).toEqual([
      "libvirt network site1 on kvm.lab",
      "libvirt pool site1 on kvm.lab",
      "libvirt volume setup02-edge-1-22222222.qcow2 on kvm.lab",
      "libvirt volume setup02-edge-1-deadbeef-33333333.qcow2 on kvm.lab",
    ]);
    expect(lab.world.summary().nodes).toEqual([]);
  });

  it("is stopped before its volumes are deleted, if it is of the incarnation that was cut off", async () => {
    const { script } = domainOfIncarnation("setup02-edge-1", "0a1b2c3d");
    const nothing = { code: 0, stdout: "", stderr: "" };
    expect(await lab.ssh("kvm.lab", script)).toEqual(nothing);
    await machine(description);
    const before = libvirtHas();
    expect(await lab.ssh("kvm.lab", domainOfIncarnation("setup02-edge-1", "99999999").script)).toEqual(nothing);
    expect(libvirtHas()).toEqual(before);
    expect(await lab.ssh("kvm.lab", script)).toEqual({ ...nothing, stdout: `${description}\n` });
    expect(libvirtHas()).toEqual(before.filter((what) => !what.startsWith("libvirt domain")));
  });

  it.each([domainDescription("0123456789abcdef", { incarnation: "x", since: "y" }), "my own machine"])(
    "is left alone where it says %j",
    async (about) => {
      await machine(about);
      const before = libvirtHas();
      expect(await run("domain:Domain", domain, "site1")).toEqual({
        code: 3,
        stdout: "",
        stderr:
          "The domain setup02-edge-1 exists on this host already and was not made by this stack; nothing was changed: " +
          "delete it there, or give the cluster or the site another name.\n",
      });
      expect(libvirtHas()).toEqual(before);
      expect(lab.world.summary().nodes).toHaveLength(1);
    },
  );
});

it("a kind of resource that is not known has no script", () => {
  expect(() => hostLeftover("libvirt:index/ignition:Ignition", { name: "x" })).toThrow(
    "Nothing is known of where libvirt:index/ignition:Ignition x is.",
  );
});
