import { readFileSync, statSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hostNetwork, sitePlan } from "../../../../components/edge";
import { inspectScript, installScript, removeScript } from "../../../../components/edge/hostScripts";
import { findDrift } from "../../../../components/edge/siteNetwork";
import type { KvmHost } from "../../../../lab/world/netns/host/kvmHost";
import { PLACE } from "../../../../lab/world/netns/net/addresses";
import type { Namespace } from "../../../../lab/world/netns/net/namespace";
import { processesInNetwork } from "../../../../lab/world/netns/processes";
import { cluster, site } from "../../../edge/fixtures";
import { noNamespaces, RealLab, title } from "./realLab";

const HOST = "kvm.lab";
const plan = sitePlan(cluster, site());
const network = hostNetwork(plan);
const [node] = plan.nodes;

/** A world that answers calls, for as long as the work takes. */
async function withWorld<T>(
  answer: (path: string, params: unknown) => Promise<unknown>,
  work: (url: string) => Promise<T>,
): Promise<T> {
  const server = createServer((request, response) => {
    let text = "";
    request.on("data", (chunk: Buffer) => (text += chunk.toString()));
    request.on("end", () => {
      void answer(request.url ?? "", JSON.parse(text)).then((result) => response.end(JSON.stringify(result)));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    return await work(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  } finally {
    server.close();
  }
}

describe.skipIf(noNamespaces !== undefined)(title("a KVM host of namespaces", noNamespaces), () => {
  let real: RealLab;
  let host: KvmHost;
  let domain: Namespace;
  let outsider: Namespace;

  const run = async (script: string): Promise<string> => {
    const { code, stdout, stderr } = await real.runOnHost(HOST, script);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    return stdout;
  };

  beforeAll(async () => {
    real = await RealLab.start();
    host = await real.kvmHost(HOST);
    outsider = await real.outsider("outsider", "198.51.100.7");
    await real.serve(outsider, 80);
    domain = real.namespace("edge");
    await run(installScript(network));
    await host.plug({ namespace: domain, mac: node?.mac ?? "", bridge: plan.bridge });
  });
  afterAll(async () => {
    expect(await real.stop()).toEqual([]);
  });

  it("takes the program's scripts as they are", async () => {
    expect(findDrift(network, await run(inspectScript(network)))).toEqual([]);
    await run(installScript(network));
    expect(await run("ovs-vsctl get bridge $(ovs-vsctl list-br) datapath_type")).toBe("netdev\n");
    expect(await run("ovs-vsctl br-get-external-id $(ovs-vsctl list-br) talos-cloud-edge")).toBe(`${plan.name}\n`);
  });

  it("gives a domain the lease of its MAC, and names and the Internet behind NAT", async () => {
    expect(await real.lease(domain)).toBe(`${node?.ip ?? ""} ${plan.gateway} ${node?.name ?? ""}`);
    expect(await domain.exec("busybox", ["nslookup", "example.com", plan.gateway])).toContain(PLACE.web);
    expect(await real.reaches(domain, `${PLACE.web}:80`)).toBe(true);
    expect(await real.reaches(domain, "198.51.100.7:80")).toBe(true);
  });

  it("lets nobody in from outside", async () => {
    await real.serve(domain, 50000);
    expect(await real.reaches(host.namespace, `${node?.ip ?? ""}:50000`)).toBe(true);
    expect(await real.isShut(outsider, `${host.publicAddress}:50000`)).toBe(true);
    await outsider.ip(`route add ${plan.cidr} via ${PLACE.router} dev eth0 onlink`);
    expect(await real.isShut(outsider, `${node?.ip ?? ""}:50000`)).toBe(true);
  });

  it("lets in who stands at the site", async () => {
    const visitor = await real.outsider("visitor", PLACE.operator);
    await host.reachFrom(visitor);
    await host.reachFrom(visitor);
    expect(await real.reaches(visitor, `${node?.ip ?? ""}:50000`)).toBe(true);
    await host.cutUplink();
    expect(await real.reaches(visitor, `${node?.ip ?? ""}:50000`)).toBe(true);
    await host.restoreUplink();
  });

  it("loses its uplink and gets it back, also under another address", async () => {
    await host.cutUplink();
    expect(await real.isShut(domain, "198.51.100.7:80")).toBe(true);
    await host.restoreUplink();
    expect(await real.reaches(domain, "198.51.100.7:80")).toBe(true);
    const before = host.publicAddress;
    expect(await host.changePublicAddress()).not.toBe(before);
    expect(await real.reaches(domain, "198.51.100.7:80")).toBe(true);
    expect(await real.isSilent(outsider, before)).toBe(true);
    expect(await real.pings(outsider, host.publicAddress)).toBe(true);
  });

  it("plugs a domain in again whose machine was switched off", async () => {
    await domain.remove();
    await host.plug({ namespace: domain, mac: node?.mac ?? "", bridge: plan.bridge });
    expect(await real.lease(domain)).toContain(node?.ip);
  });

  it("starts a unit's program again when it ends", async () => {
    const dnsmasq = (): number | undefined =>
      processesInNetwork(new Set([statSync(host.namespace.path).ino]))
        .map(({ pid }) => pid)
        .find((pid) => readFileSync(`/proc/${pid}/comm`, "utf8") === "dnsmasq\n");
    const first = dnsmasq() ?? 0;
    process.kill(first, "SIGKILL");
    await expect.poll(() => [undefined, first].includes(dnsmasq()), { timeout: 10_000 }).toBe(false);
    expect(await run(`systemctl is-active ${network.units.dhcp}`)).toBe("active\n");
  });

  it("asks the world's libvirt where virsh is called", async () => {
    const asked: unknown[] = [];
    const ended = await withWorld(
      (path, params) => {
        asked.push(path, params);
        return Promise.resolve({ result: { code: 3, stdout: "running\n", stderr: "" } });
      },
      (url) => real.runOnHost(HOST, "virsh domstate edge", { LAB_WORLD: url }),
    );
    expect(ended).toMatchObject({ code: 3, stdout: "running\n" });
    expect(asked).toEqual(["/rpc/libvirt.virsh", { host: HOST, words: ["domstate", "edge"] }]);
  });

  it("is switched on by the world when somebody logs in", async () => {
    const login = (url: string) =>
      real.runOnHost("other.lab", "hostname; ip -o link show eth0 | wc -l", { LAB_WORLD: url });
    const ended = await withWorld(async (path, params) => {
      expect([path, params]).toEqual(["/rpc/netns.host", { host: "other.lab" }]);
      await real.kvmHost("other.lab");
      return { result: null };
    }, login);
    expect(ended).toEqual({ code: 0, stdout: "other.lab\n1\n", stderr: "" });
    const refused = await withWorld(
      () => Promise.resolve({ error: { message: "no such host" } }),
      (url) => real.runOnHost("third.lab", "true", { LAB_WORLD: url }),
    );
    expect(refused).toMatchObject({ code: 255, stderr: expect.stringContaining("No route to host") as string });
  });

  it("comes back with its site after a power cut", async () => {
    await host.unplug({ namespace: domain });
    await host.namespace.remove();
    await host.ensure();
    expect(findDrift(network, await run(inspectScript(network)))).toEqual([]);
    await host.plug({ namespace: domain, mac: node?.mac ?? "", bridge: plan.bridge });
    expect(await real.lease(domain)).toContain(node?.ip);
    expect(await real.reaches(domain, "198.51.100.7:80")).toBe(true);
  });

  it("has nothing left when the program has taken its site away", async () => {
    expect(await host.remains()).not.toEqual([]);
    await run(removeScript(network));
    expect(await host.remains()).toEqual([]);
  });
});
