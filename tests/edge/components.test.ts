import * as pulumi from "@pulumi/pulumi";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { sitePlan } from "../../components/edge/plan";
import { leaveHooksUnregistered } from "../leftovers/unregistered";
import { cluster, site } from "./fixtures";

const uuid = "11111111-2222-4333-8444-555555555555";

/** What the providers answer beyond the inputs. */
const answers: Record<string, (inputs: Record<string, unknown>) => Record<string, unknown>> = {
  "random:index/randomUuid:RandomUuid": () => ({ result: uuid }),
  "libvirt:index/volume:Volume": (inputs) => ({ path: `/pool/${String(inputs["name"])}` }),
  "libvirt:index/cloudinitDisk:CloudinitDisk": () => ({ path: "/tmp/seed.iso" }),
  "libvirt:index/domain:Domain": (inputs) => ({
    uuid: /"uuid","value":"([^"]+)"/.exec(JSON.stringify(inputs["sysInfos"]))?.[1],
  }),
};

interface Registered {
  name: string;
  inputs: Record<string, unknown>;
}
let registered = new Map<string, Registered>();
let options = new Map<string, { props: pulumi.Inputs; opts: pulumi.CustomResourceOptions; parent: string }>();

type Edge = typeof import("../../components/edge");
let edge: Edge;
beforeAll(async () => {
  leaveHooksUnregistered();
  await pulumi.runtime.setMocks(
    {
      newResource: ({ name, type, inputs }: pulumi.runtime.MockResourceArgs) => {
        const plain = inputs as Record<string, unknown>;
        registered.set(name, { name, inputs: plain });
        return { id: `${name}-id`, state: { ...plain, ...answers[type]?.(plain) } };
      },
      call: () => ({}),
    },
    "talos-cloud-edge",
    "test",
  );
  edge = await import("../../components/edge");
});
beforeEach(() => {
  registered = new Map();
  options = new Map();
});

const record: pulumi.ResourceTransformation = ({ name, props, opts }) => {
  const parent = opts.parent as { __name?: string } | undefined;
  options.set(name, { props: props, opts, parent: parent?.__name ?? "" });
  return undefined;
};

const value = <T>(output: pulumi.Output<T>): Promise<T> =>
  new Promise((resolve) => {
    output.apply(resolve);
  });

/** Makes a site with its first node and waits for all of it. */
async function build(siteChanges: Record<string, unknown> = {}, nodeChanges: Record<string, unknown>[] = [{}]) {
  const plan = sitePlan(cluster, site(siteChanges, nodeChanges));
  const opts = { transformations: [record] };
  const edgeSite = new edge.EdgeSite("edge", { plan }, opts);
  const nodes = plan.nodes.map(
    (node) =>
      new edge.EdgeNode(
        node.name,
        {
          plan: node,
          site: edgeSite,
          isoUrl: "https://factory.talos.dev/image/abc/v1.12.4/nocloud-amd64.iso",
          machineConfig: "machine: {}",
          clientConfiguration: { caCertificate: "ca", clientCertificate: "cert", clientKey: "key" },
          incarnation: "0a1b2c3d",
          keyCreatedAt: "2026-05-01T12:00:00Z",
          owner: "00c0ffee00c0ffee",
        },
        opts,
      ),
  );
  const ids = await Promise.all(nodes.map((node) => value(node.machineId)));
  await pulumi.runtime.disconnect();
  return { ids, nodes };
}

const inputsOf = (name: string): Record<string, unknown> => {
  const found = registered.get(name);
  if (found === undefined) throw new Error(`${name} is not among ${[...registered.keys()].join(", ")}`);
  return found.inputs;
};

describe("EdgeSite", () => {
  it("makes provider, network and pool on the host", async () => {
    await build({ host: "root@kvm.example.com", bridge: "br-edge" });
    expect(inputsOf("edge-libvirt")).toEqual({ uri: "qemu+sshcmd://root@kvm.example.com/system" });
    expect(inputsOf("edge-network")).toEqual({
      name: "setup02-edge",
      forward: { mode: "bridge" },
      bridge: { name: "br-edge" },
      virtualPort: { params: { openVSwitch: {} } },
      autostart: true,
    });
    expect(inputsOf("edge-pool")).toEqual({
      name: "setup02-edge",
      type: "dir",
      target: { path: "/var/lib/libvirt/talos-cloud-edge/setup02-edge" },
      create: { build: true, autostart: true, start: true },
      destroy: { delete: true },
    });
  });

  it.each([
    [["/dev/sda7"], { name: "vg", devices: [{ path: "/dev/sda7" }] }, true],
    [[], { name: "vg" }, false],
  ])("with devices %o makes and deletes a volume group only if it made it", async (devices, source, made) => {
    await build({ pool: { kind: "lvm", volumeGroup: "vg", devices } });
    expect(inputsOf("edge-pool")).toEqual({
      name: "setup02-edge",
      type: "logical",
      source,
      target: { path: "/dev/vg" },
      create: { build: made, autostart: true, start: true },
      destroy: { delete: made },
    });
  });

  it("fetches one ISO for all nodes of a kind", async () => {
    await build({}, [
      { name: "a", mac: "52:54:00:00:02:01" },
      { name: "b", mac: "52:54:00:00:02:02" },
    ]);
    const isos = [...registered.keys()].filter((name) => name.includes("-boot"));
    expect(isos).toEqual(["edge-boot-nocloud-amd64"]);
    expect(inputsOf("edge-boot-nocloud-amd64")).toEqual({
      name: "setup02-edge-boot-nocloud-amd64.iso",
      pool: "setup02-edge",
      create: { content: { url: "https://factory.talos.dev/image/abc/v1.12.4/nocloud-amd64.iso" } },
    });
    expect(options.get("edge-boot-nocloud-amd64")?.opts).toMatchObject({
      ignoreChanges: ["create"],
      replacementTrigger: "a:1,b:1",
      deleteBeforeReplace: true,
    });
  });
});

describe("EdgeNode", () => {
  it("defines the domain of the deployment guide", async () => {
    const { ids } = await build();
    expect(ids).toEqual([uuid]);
    expect(inputsOf("talos-edge-1-domain")).toMatchSnapshot();
    expect(inputsOf("talos-edge-1-disk")).toEqual({
      name: "setup02-talos-edge-1-11111111.qcow2",
      pool: "setup02-edge",
      capacity: 50 * 1024 ** 3,
      target: { format: { type: "qcow2" } },
    });
  });

  it("puts the machine config on the seed, as a secret that later changes leave alone", async () => {
    await build();
    const { props } = options.get("talos-edge-1-seed-image") ?? {};
    expect(await pulumi.isSecret(pulumi.output(props?.["userData"] as pulumi.Input<string>))).toBe(true);
    expect(await value(pulumi.output(props?.["userData"] as pulumi.Input<string>))).toBe("machine: {}");
    expect(inputsOf("talos-edge-1-seed-image")["metaData"]).toBe(
      "# talos-cloud-edge owner=00c0ffee00c0ffee\ninstance-id: setup02-talos-edge-1-11111111\nlocal-hostname: talos-edge-1\n",
    );
    expect(inputsOf("talos-edge-1-seed")).toEqual({
      name: "setup02-talos-edge-1-11111111-seed.iso",
      pool: "setup02-edge",
      create: { content: { url: "/tmp/seed.iso" } },
    });
    expect(options.get("talos-edge-1-seed-image")?.opts.ignoreChanges).toEqual(["userData"]);
    expect(options.get("talos-edge-1-seed")?.opts.ignoreChanges).toEqual(["create"]);
    expect(options.get("talos-edge-1-disk")?.opts.ignoreChanges).toEqual(["capacity"]);
    expect(registered.has("talos-edge-1-first-config")).toBe(false);
  });

  it("hands the machine config over the LAN to an ISO that waits for it", async () => {
    await build({}, [{ boot: "iso" }]);
    expect(registered.has("talos-edge-1-seed")).toBe(false);
    expect(inputsOf("talos-edge-1-domain")["devices"]).toMatchObject({ disks: [{}, { target: { dev: "sda" } }] });
    expect(inputsOf("talos-edge-1-first-config")["node"]).toBe("10.0.20.10");
    const { props, opts } = options.get("talos-edge-1-first-config") ?? {};
    const config = pulumi.output(props?.["machineConfigurationInput"] as pulumi.Input<string>);
    expect(await pulumi.isSecret(config)).toBe(true);
    expect(opts?.ignoreChanges).toContain("machineConfigurationInput");
    expect(opts?.ignoreChanges).toContain("clientConfiguration");
  });

  it("keeps disks in a volume group, each node with an ISO of its own", async () => {
    await build({ pool: { kind: "lvm", volumeGroup: "vg" } });
    expect(inputsOf("talos-edge-1-disk")).toEqual({
      name: "setup02-talos-edge-1-11111111",
      pool: "setup02-edge",
      capacity: 50 * 1024 ** 3,
    });
    expect(inputsOf("talos-edge-1-boot")["name"]).toBe("setup02-talos-edge-1-11111111-boot.iso");
    const disk = (name: string, type: string) => ({
      driver: { type },
      source: { block: { dev: `/pool/setup02-talos-edge-1-11111111${name}` } },
    });
    expect(inputsOf("talos-edge-1-domain")["devices"]).toMatchObject({
      disks: [disk("", "raw"), disk("-boot.iso", "raw"), disk("-seed.iso", "raw")],
    });
  });

  it.each([
    [{ tpm: false }, undefined, undefined],
    [{ tpm: true }, [{ model: "tpm-crb", backend: { emulator: { version: "2.0" } } }], "efi"],
    [{ tpm: true, architecture: "arm64" }, [{ model: "tpm-tis", backend: { emulator: { version: "2.0" } } }], "efi"],
    [{ architecture: "arm64" }, undefined, "efi"],
  ])("for %o gives TPM and firmware", async (node, tpms, firmware) => {
    await build({}, [node]);
    const { devices, os } = inputsOf("talos-edge-1-domain") as {
      devices: { tpms?: unknown };
      os: { firmware?: string };
    };
    expect(devices.tpms).toEqual(tpms);
    expect(os.firmware).toBe(firmware);
  });

  it("takes a UUID from the configuration, and is another machine in another incarnation all the same", async () => {
    const fixed = "0b7c2c5e-6f0e-4c38-9d5b-3f1f6c1f7a01";
    const { ids, nodes } = await build({}, [{ uuid: fixed }]);
    expect(ids).toEqual([uuid]);
    expect(await Promise.all(nodes.map((node) => value(node.uuid)))).toEqual([fixed]);
    expect(inputsOf("talos-edge-1-domain")["sysInfos"]).toEqual([
      {
        smbios: {
          system: {
            entries: [
              { name: "serial", value: uuid },
              { name: "uuid", value: fixed },
            ],
          },
        },
      },
    ]);
  });

  it("is replaced by a new incarnation alone", async () => {
    await build();
    expect(inputsOf("talos-edge-1-uuid")).toEqual({ keepers: { incarnation: "0a1b2c3d" } });
    expect(options.get("talos-edge-1-uuid")?.opts.deleteBeforeReplace).toBe(true);
    expect(options.get("talos-edge-1-domain")?.opts).toMatchObject({
      deleteBeforeReplace: true,
      replaceOnChanges: ["sysInfos"],
      replaceWith: [{ __name: "edge-host-network" }, { __name: "edge-network" }],
    });
  });

  it("gives every child its parent's name", async () => {
    await build();
    const children = [...options].filter(([, { parent }]) => parent !== "");
    expect(children.length).toBeGreaterThan(8);
    for (const [name, { parent }] of children) expect(name.startsWith(`${parent}-`)).toBe(true);
  });
});
