import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { build, unfit } from "./machine";

const standardPlugins = "/usr/lib/cni";
const why = unfit() ?? (existsSync(standardPlugins) ? undefined : "the standard CNI plugins are not installed");

describe.skipIf(why !== undefined)(`Flannel's CNI plugin${why === undefined ? "" : ` (skipped: ${why})`}`, () => {
  const node = `tce-cni-node-${process.pid}`;
  const pod = `tce-cni-pod-${process.pid}`;
  let folder: string;

  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), "tce-cni-"));
    symlinkSync(build(folder), path.join(folder, "flannel"));
    for (const namespace of [node, pod]) execFileSync("ip", ["netns", "add", namespace]);
  }, 300_000);

  afterAll(() => {
    for (const namespace of [pod, node]) spawnSync("ip", ["netns", "delete", namespace]);
    rmSync(folder, { recursive: true, force: true });
  });

  interface Answer {
    code?: number;
    msg?: string;
    ips?: { address: string; gateway: string }[];
    routes?: { dst: string }[];
  }

  function plugin(command: string): Answer | undefined {
    const config = {
      cniVersion: "1.0.0",
      name: "cbr0",
      type: "flannel",
      subnetFile: path.join(folder, "subnet.env"),
      dataDir: path.join(folder, "data"),
      delegate: { isDefaultGateway: true, ipam: { dataDir: path.join(folder, "networks") } },
    };
    const { stdout } = spawnSync("ip", ["netns", "exec", node, path.join(folder, "flannel")], {
      input: JSON.stringify(config),
      encoding: "utf8",
      env: {
        ...process.env,
        CNI_COMMAND: command,
        CNI_CONTAINERID: "pod",
        CNI_NETNS: `/run/netns/${pod}`,
        CNI_IFNAME: "eth0",
        CNI_PATH: `${folder}:${standardPlugins}`,
      },
    });
    return stdout.trim() === "" ? undefined : (JSON.parse(stdout) as Answer);
  }

  it("says what is missing while flanneld has not got a subnet", () => {
    expect(plugin("ADD")?.msg).toContain("failed to load flannel 'subnet.env' file");
  });

  it("gives a pod an address of the machine's subnet, with flanneld's MTU, and takes it back", () => {
    writeFileSync(
      path.join(folder, "subnet.env"),
      "FLANNEL_NETWORK=10.244.0.0/16\nFLANNEL_SUBNET=10.244.3.1/24\nFLANNEL_MTU=1230\nFLANNEL_IPMASQ=true\n",
    );
    const added = plugin("ADD");
    expect(added?.ips).toEqual([expect.objectContaining({ address: "10.244.3.2/24", gateway: "10.244.3.1" })]);
    expect(added?.routes).toContainEqual(expect.objectContaining({ dst: "10.244.0.0/16" }));
    const link = execFileSync("ip", ["-n", pod, "address", "show", "eth0"], { encoding: "utf8" });
    expect(link).toContain("mtu 1230");

    expect(plugin("DEL")).toBeUndefined();
    expect(spawnSync("ip", ["-n", pod, "link", "show", "eth0"]).status).not.toBe(0);
    expect(readdirSync(path.join(folder, "data"))).toEqual([]);
    expect(plugin("DEL")).toBeUndefined();
  });
});
