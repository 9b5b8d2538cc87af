import { execFileSync, spawn } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { installScript } from "../../../../components/edge/hostScripts";
import { hostNetwork, sitePlan } from "../../../../components/edge";
import { processWith } from "../../../../lab/world/netns/processes";
import { remains, removeAll } from "../../../../lab/world/netns/remains";
import { cluster, site } from "../../../edge/fixtures";
import { noNamespaces, RealLab, title } from "./realLab";

/** What of this machine's own network a lab could have touched. */
const ownNetwork = (): unknown => [
  execFileSync("ip", ["-o", "link"], { encoding: "utf8" }).replaceAll(/link-netns\S* \S+/g, ""),
  execFileSync("ip", ["route"], { encoding: "utf8" }),
  execFileSync("nft", ["list", "ruleset"], { encoding: "utf8" }),
  ["net/ipv4/ip_forward", "net/ipv4/conf/all/rp_filter"].map((name) => readFileSync(`/proc/sys/${name}`, "utf8")),
];

describe.skipIf(noNamespaces !== undefined)(title("the end of a lab", noNamespaces), () => {
  it("leaves nothing, whatever the lab was doing, and another lab alone", async () => {
    const before = ownNetwork();
    const [real, other] = [await RealLab.start(), await RealLab.start()];
    const { lab } = real;
    await real.kvmHost("kvm.lab");
    await real.runOnHost("kvm.lab", installScript(hostNetwork(sitePlan(cluster, site()))));
    expect(ownNetwork()).toEqual(before);

    // A process in a namespace that no pid file knows.
    const stray = spawn("nsenter", [`--net=${real.internet.namespace.path}`, "sleep", "600"], { stdio: "ignore" });
    // A namespace whose making was cut off.
    writeFileSync(`/run/netns/${lab.namespaceName("half")}`, "");
    // A machine's cgroups, with somebody inside.
    const inGroup = spawn("sleep", ["600"], { stdio: "ignore" });
    const hierarchy = readdirSync("/sys/fs/cgroup").includes("pids") ? "/sys/fs/cgroup/pids" : "/sys/fs/cgroup";
    mkdirSync(join(hierarchy, lab.cgroup, "node-1", "kubelet"), { recursive: true });
    writeFileSync(join(hierarchy, lab.cgroup, "node-1", "cgroup.procs"), String(inGroup.pid));
    const mountPoint = join(lab.dir, "machines", "with space");
    mkdirSync(mountPoint, { recursive: true });
    execFileSync("mount", ["-t", "tmpfs", "lab", mountPoint]);

    const found = remains(lab).join("\n");
    for (const what of [
      `process ${stray.pid}`,
      `process ${inGroup.pid}`,
      lab.namespaceName("half"),
      lab.cgroup,
      mountPoint,
    ]) {
      expect(found).toContain(what);
    }
    await removeAll(lab);
    expect(remains(lab)).toEqual([]);
    expect(processWith(stray.pid ?? 0)).toBeUndefined();
    await removeAll(lab);

    expect(remains(other.lab).filter((what) => what.startsWith("network namespace"))).toHaveLength(1);
    expect(await other.reaches(other.internet.namespace, "192.0.2.4:80")).toBe(true);
    expect([await real.stop(), await other.stop()]).toEqual([[], []]);
    expect(ownNetwork()).toEqual(before);
  });
});
