import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { run } from "../../lab/world/netns/command";
import { NetnsLab } from "../../lab/world/netns/lab";
import { PLACE } from "../../lab/world/netns/net/addresses";
import { Namespace } from "../../lab/world/netns/net/namespace";
import { kill, processesInNetwork } from "../../lab/world/netns/processes";
import { remains } from "../../lab/world/netns/remains";
import { readyNodes } from "../engine/harness";
import { openRealLab, type RealLab, unfitForClusters } from "./harness";

interface Pod {
  metadata: { name: string };
  spec: { nodeName: string };
  status: { podIP: string };
}

const names = ["setup02-cluster-master-1", "setup02-cluster-worker-1", "talos-edge-1"];
const [worker = "", edge = ""] = names.slice(1);

describe.skipIf(unfitForClusters !== undefined)(
  unfitForClusters === undefined ? "a cluster of real programs" : `a cluster of real programs (${unfitForClusters})`,
  () => {
    let lab: RealLab;
    let before: string;
    beforeAll(async () => {
      before = await ownNetwork();
      lab = await openRealLab();
    });
    afterAll(async () => {
      await lab.end();
    });

    it("comes up, with every node Ready and every check passed", async () => {
      const outcome = await lab.engine.up(lab.onEvent);
      expect(outcome.errors).toEqual([]);
      const outputs = (await lab.engine.outputs()) as { checks: string[] };
      expect([...outputs.checks].sort()).toEqual(names);
      await lab.world.refresh();
      expect(readyNodes(lab)).toEqual(names);
    });

    it("has the addresses of the tailnet, and nodes that talosctl knows", async () => {
      const nodes = await lab.kubectl<{ items: { status: { addresses: { type: string; address: string }[] } }[] }>(
        ..."get nodes -o json".split(" "),
      );
      const internal = nodes.items.flatMap(({ status }) =>
        status.addresses.filter(({ type }) => type === "InternalIP"),
      );
      expect(internal).toHaveLength(3);
      for (const { address } of internal) expect(address).toMatch(/^100\./);
      const version = await lab.inOperator(lab.talosctl, ["version", "--short", "--nodes", internal[0]?.address ?? ""]);
      expect(version).toContain("Tag:         v1.12");
    });

    it("is up to date at a second up", async () => {
      const outcome = await lab.engine.up(lab.onEvent, "--expect-no-changes");
      expect(outcome.errors).toEqual([]);
    });

    it("has no port open to the Internet", async () => {
      const internet = new Namespace(new NetnsLab(lab.folder.world).namespaceName("internet"));
      const reached = async (address: string, port: number): Promise<string[]> =>
        internet.exec(process.execPath, ["-e", connectScript, address, String(port)]).then(
          () => [`${address}:${port}`],
          () => [],
        );
      expect(await reached(PLACE.web, 80)).toHaveLength(1);
      const external = lab.externalAddresses();
      expect(external).toHaveLength(2);
      const ports = [22, 2379, 2380, 6443, 10250, 50_000, 50_001];
      const open = await Promise.all(external.flatMap((address) => ports.map((port) => reached(address, port))));
      expect(open.flat()).toEqual([]);
    });

    it("mends Flannel by itself where tailscaled was restarted", async () => {
      const pods = await lab.kubectl<{ items: Pod[] }>(
        ..."get pods --namespace connectivity-check --selector app=busybox-test -o json".split(" "),
      );
      const on = (node: string): Pod | undefined => pods.items.find(({ spec }) => spec.nodeName === node);
      const [from, to] = [on(worker), on(edge)];
      const ping = (): Promise<boolean> =>
        lab
          .inOperator(lab.kubectlFile, [
            ...`exec --namespace connectivity-check ${from?.metadata.name ?? ""} --`.split(" "),
            ...`ping -c 1 -W 1 ${to?.status.podIP ?? ""}`.split(" "),
          ])
          .then(
            () => true,
            () => false,
          );
      expect(await ping()).toBe(true);

      const tailscaled = processesInNetwork(lab.networkOf(edge)).filter(
        ({ pid }) => readFileSync(`/proc/${pid}/comm`, "utf8").trim() === "tailscaled",
      );
      expect(tailscaled).toHaveLength(1);
      await kill(tailscaled);
      await sleep(3000);
      expect(await ping()).toBe(false);
      const began = Date.now();
      while (!(await ping())) expect(Date.now() - began).toBeLessThan(60_000);
      expect(await lab.inOperator(lab.kubectlFile, guardLog)).toContain("flannel.1 is gone: restarting flanneld");
    });

    it("is destroyed with nothing left, here and on this machine", async () => {
      const outcome = await lab.engine.destroy(lab.onEvent);
      expect(outcome.errors).toEqual([]);
      await lab.world.refresh();
      expect(lab.world.remains()).toEqual([]);
      await lab.world.close();
      await lab.world.end();
      expect(remains(new NetnsLab(lab.folder.world))).toEqual([]);
      expect(await ownNetwork()).toBe(before);
    });
  },
);

/** Succeeds where a TCP connection comes about within two seconds. */
const connectScript = `
  const socket = require("net").connect({ host: process.argv[1], port: process.argv[2], timeout: 2000 });
  socket.on("connect", () => process.exit(0)).on("error", () => process.exit(1)).on("timeout", () => process.exit(1));`;

const guardLog = "logs --namespace kube-system --selector app=flannel-guard --tail=20".split(" ");

/** The machine's own links, addresses, routes and rules, which no lab may change. */
async function ownNetwork(): Promise<string> {
  const links = parse(await run("ip", ["-j", "link", "show"])) as { ifname: string }[];
  const parts = [
    links.map(({ ifname }) => ifname).join(" "),
    await run("ip", ["-4", "-o", "addr", "show"]).then((text) => text.replace(/valid_lft.*/g, "")),
    await run("ip", ["route", "show", "table", "all"]),
    await run("nft", ["list", "ruleset"]),
    await run("sysctl", ["net.ipv4.ip_forward", "net.ipv4.conf.all.rp_filter", "vm.overcommit_memory", "kernel.panic"]),
  ];
  return parts.join("\n");
}
