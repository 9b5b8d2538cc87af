import { afterEach, expect, it } from "vitest";
import { textAt } from "../../components/http/json";
import { openWorldLab, readyNodes, said, type WorldLab } from "./harness";

/** What interrupted runs leave in the world: the next `up` ends well, with nothing twice and nothing left. On the real engine. */
let lab: WorldLab;

afterEach(async () => {
  await lab.close();
});

/** Calls whose answer is still to be lost, as `<method> <what is made>`. Each is lost once. */
const toLose = new Set<string>();

function carriedOut(method: string, params: Record<string, unknown>): void {
  const kind = textAt(params, "token").split(":").at(-1) ?? "";
  const call = `${method} ${kind} ${textAt(params, "inputs", "name")}`.trim();
  const lost = [...toLose].find((begin) => call.startsWith(begin));
  if (lost === undefined) return;
  toLose.delete(lost);
  throw new Error("the answer was lost");
}

/** What the runs so far said that they removed. */
const removed: string[] = [];

async function up(...flags: string[]): Promise<string[]> {
  lab.events.length = 0;
  const { ok, errors } = await lab.engine.up(lab.onEvent, ...flags);
  removed.push(
    ...said(lab).flatMap((line) => /^An interrupted run left the (.*): it was removed/.exec(line)?.[1] ?? []),
  );
  expect(ok).toBe(errors.length === 0);
  return errors;
}

/** Runs until every answer has been lost; what does not depend on a lost one goes on. */
async function interrupted(...calls: string[]): Promise<void> {
  for (const call of calls) toLose.add(call);
  for (let run = 0; toLose.size > 0; run++) {
    expect(run, `still to lose: ${[...toLose].join(", ")}`).toBeLessThan(calls.length);
    // Where the provider itself asks again, it is told that what it wants to make is there.
    expect((await up("--continue-on-error")).join("\n")).toMatch(/the answer was lost|already exists/);
  }
}

const allNodes = ["setup02-cluster-master-1", "setup02-cluster-worker-1", "talos-edge-1"];

function generations(worker: number, edge: number, pool?: object): void {
  lab.engine.setConfig("talos-cloud-edge:cloud", {
    region: "europe-west3",
    controlPlanes: { count: 1 },
    workers: { count: 1, generation: worker },
  });
  const node = { name: "talos-edge-1", mac: "52:54:00:00:02:01", ip: "10.0.20.10", generation: edge };
  lab.engine.setConfig("talos-cloud-edge:sites", [
    { name: "edge", bridge: "setup02-edge", cidr: "10.0.20.0/24", host: "root@kvm.lab", pool, nodes: [node] },
  ]);
}

it("makes anew whatever the last run made and did not hear of", { timeout: 1_200_000 }, async () => {
  lab = await openWorldLab(undefined, { carriedOut });
  generations(1, 1);
  await interrupted(
    "gcp.create Network",
    "gcp.create Subnetwork",
    "gcp.create Firewall",
    "gcp.create Address setup02-cluster-master-1-internal",
    "gcp.create Address setup02-cluster-worker-1-external",
    "gcp.create Bucket",
    "gcp.create Image",
    "libvirt.create Network",
    "libvirt.create Pool",
    "libvirt.create Volume setup02-edge-boot",
    "libvirt.create Volume setup02-talos-edge-1",
    "libvirt.create CloudinitDisk",
    "POST api.tailscale.com/api/v2/tailnet/lab.example/keys",
  );
  // A machine that was left joins the tailnet all the same, so its successor has a key of its own.
  await interrupted("libvirt.create Domain");
  expect(await up()).toEqual([]);
  generations(2, 1);
  await interrupted("gcp.create Instance setup02-cluster-worker-1");
  expect(await up()).toEqual([]);
  expect(readyNodes(lab)).toEqual(allNodes);
  // Each attempt at a machine has a key of its own, and how many there were depends on the order in which the answers were lost.
  expect(removed).toContainEqual(expect.stringMatching(/^auth key \S+ [0-9a-f]{8} [0-9a-f]{8}$/));
  const others = removed.filter((what) => !what.startsWith("auth key"));
  expect(others.map((what) => what.replace(/\b[0-9a-f]{8}\b/, "…")).sort()).toEqual([
    "VPC network setup02-cluster-vpc in the project lab-project",
    "address setup02-cluster-master-1-internal in the project lab-project",
    "address setup02-cluster-worker-1-external in the project lab-project",
    "bucket setup02-images-… in the project lab-project",
    "device setup02-cluster-worker-1 of the tailnet",
    "device talos-edge-1 of the tailnet",
    "firewall rule setup02-cluster-allow-internal in the project lab-project",
    expect.stringMatching(/^image setup02-talos-\S+ in the project lab-project$/),
    "instance setup02-cluster-worker-1 in the project lab-project",
    "libvirt domain setup02-talos-edge-1 on root@kvm.lab",
    "libvirt network setup02-edge on root@kvm.lab",
    "libvirt pool setup02-edge on root@kvm.lab",
    "libvirt volume setup02-edge-boot-nocloud-amd64.iso on root@kvm.lab",
    "subnet setup02-cluster-subnet in the project lab-project",
  ]);

  expect(await up("--expect-no-changes")).toEqual([]);
  const { errors } = await lab.engine.destroy(lab.onEvent);
  expect(errors).toEqual([]);
  expect(lab.world.remains()).toEqual([]);
});

it("gets past a machine that it did not hear of and that holds its logical volume", async () => {
  lab = await openWorldLab(undefined, { carriedOut });
  generations(1, 1, { kind: "lvm", volumeGroup: "vg-talos", devices: ["/dev/sdb"] });
  await interrupted("libvirt.create Domain");
  expect(await up()).toEqual([]);
  expect(readyNodes(lab)).toEqual(allNodes);
  expect(await up("--expect-no-changes")).toEqual([]);
  expect((await lab.engine.destroy(lab.onEvent)).errors).toEqual([]);
  expect(lab.world.remains()).toEqual([]);
});

it("leaves alone what somebody else made under the same name, and says so", async () => {
  lab = await openWorldLab();
  await made("libvirt.create", "libvirt:index/network:Network", {
    uri: "qemu+ssh://root@kvm.lab/system",
    inputs: { name: "setup02-edge", forward: { mode: "bridge" }, bridge: { name: "br0" } },
  });
  expect((await up()).join("\n")).toContain(
    "The libvirt network setup02-edge exists on this host already and was not made by this stack; nothing was changed: " +
      "delete it there, or give the cluster or the site another name.",
  );
  expect((await lab.engine.destroy(lab.onEvent)).errors).toEqual([]);
  await made("gcp.create", "gcp:compute/network:Network", {
    provider: { project: "lab-project" },
    inputs: { name: "setup02-cluster-vpc", description: "the network team's" },
  });
  const before = lab.world.remains();
  expect((await up()).join("\n")).toContain(
    "The VPC network setup02-cluster-vpc in the project lab-project exists already and was not made by this stack; nothing was changed. " +
      "Delete it, or write another name in talos-cloud-edge:cluster.",
  );
  const { errors: destroying } = await lab.engine.destroy(lab.onEvent);
  expect(destroying).toEqual([]);
  expect(lab.world.remains()).toEqual(before);
});

async function made(method: string, token: string, params: Record<string, unknown>): Promise<void> {
  const body = JSON.stringify({ token, name: "foreign", ...params });
  const answer = await fetch(`${lab.world.url}/rpc/${method}`, { method: "POST", body });
  expect(answer.status).toBe(200);
}
