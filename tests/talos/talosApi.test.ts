import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { isUnreachable } from "../../components/http/request";
import { callTalos, talosCode, type TalosNode } from "../../components/talos/api/call";
import { bootstrapEtcd, etcdMembers, machineServices, removeEtcdMember } from "../../components/talos/api/machine";
import type { ClientConfiguration } from "../../components/talos/clientConfiguration";
import * as c from "../lab/world/cluster";
import { Lab } from "../lab/world/lab";

/** The client against the lab's Talos API, through its proxy and with its certificates. */
let lab: Lab;
let node: TalosNode;
const secrets = new c.Secrets();

beforeAll(async () => {
  lab = await Lab.start();
  vi.stubEnv("HTTPS_PROXY", lab.world.url);
  vi.stubEnv("https_proxy", lab.world.url);
  await c.cloud(lab);
  const tag = "tag:k8s-control-plane";
  const { key } = await c.authKey(lab, tag);
  const config: c.ConfigOptions = { role: "controlplane", name: "master-1", authKey: key, tag, endpoint: ["10.1.0.2"] };
  await c.cloudNode(lab, "master-1", "10.1.0.2", c.machineConfig(secrets, config));
  node = { address: await c.joined(lab, "master-1"), client: secrets.client as unknown as ClientConfiguration };
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await lab.stop();
});

const failure = (call: Promise<unknown>): Promise<unknown> =>
  call.then(
    () => "it succeeded",
    (error: unknown) => error,
  );

it("says what runs before etcd does, and that it has no members yet", async () => {
  expect((await machineServices(node)).find(({ id }) => id === "etcd")).toEqual({
    id: "etcd",
    state: "Preparing",
    healthy: false,
    lastWords: "Running pre state",
  });
  const error = await failure(etcdMembers(node));
  expect(talosCode(error)).toBe("DeadlineExceeded");
  expect(error).toHaveProperty("message", "DeadlineExceeded: error building etcd client: context deadline exceeded");
});

it("bootstraps, lists the member with all 64 bits of its id, and is told that it is there already", async () => {
  await bootstrapEtcd(node);
  const stored = () => Object.values(lab.stored().clusters)[0]?.members[0];
  await lab.until("the cluster is written down", () => stored() !== undefined);
  expect(await etcdMembers(node)).toEqual([
    { id: stored()?.id, name: "master-1", peerUrls: ["https://10.1.0.2:2380"], learner: false },
  ]);
  expect(await failure(bootstrapEtcd(node))).toMatchObject({
    talosCode: "AlreadyExists",
    message: "AlreadyExists: etcd data directory is not empty",
  });
});

it.each(["1", "9007199254740993", "18446744073709551615"])("sends the id %s as it is", async (id) => {
  expect(talosCode(await failure(removeEtcdMember(node, id)))).toBe("NotFound");
});

it("is refused by a method that is not there", async () => {
  expect(await failure(callTalos(node, { method: "Reticulate" }))).toHaveProperty(
    "message",
    "Unimplemented: unknown method Reticulate for service machine.MachineService",
  );
});

it("reaches no node without the cluster's certificates, and none that is not there", async () => {
  const own = secrets.client as unknown as ClientConfiguration;
  const other = new c.Secrets().client as unknown as ClientConfiguration;
  const ask = (client: ClientConfiguration, address = node.address): Promise<unknown> =>
    failure(etcdMembers({ address, client }, { attempts: 1 }));
  const wrongServer = await ask(other);
  expect(isUnreachable(wrongServer)).toBe(true);
  expect(wrongServer).toHaveProperty("message", expect.stringMatching(/unable to verify|self-signed/));
  expect(isUnreachable(await ask({ ...other, caCertificate: own.caCertificate }))).toBe(true);
  expect(await ask(own, "100.64.99.99")).toHaveProperty(
    "message",
    expect.stringMatching(/^100\.64\.99\.99:50000: the proxy 127\.0\.0\.1:\d+ answered 502$/),
  );
});
