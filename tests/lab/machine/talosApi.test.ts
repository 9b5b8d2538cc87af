import { execFileSync, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { build, Machine, removeCgroups, talosctl, unfit } from "./machine";
import { Network } from "./network";

const controlPlane = "192.168.97.11";
const worker = "192.168.97.12";
const reason = unfit();

describe.skipIf(reason !== undefined)(`a machine's Talos API${reason === undefined ? "" : ` (${reason})`}`, () => {
  const folder = mkdtempSync(path.join(tmpdir(), "machine-"));
  const file = (name: string) => path.join(folder, name);
  let network: Network;
  let cp: Machine;
  let w: Machine;
  let edge: Machine;
  let stopDhcp: () => void = () => undefined;

  /** The real talosctl, from beside the machines. */
  function talos(...args: string[]): { ok: boolean; output: string } {
    const command = ["netns", "exec", network.bridge, talosctl, "--talosconfig", file("talosconfig"), ...args];
    const { status, stdout, stderr } = spawnSync("ip", command, { encoding: "utf8", timeout: 30_000 });
    return { ok: status === 0, output: stdout + stderr };
  }
  const on = (node: string, ...args: string[]) => talos("-e", controlPlane, "-n", node, ...args);

  function config(type: string, hostname: string): string {
    const document = `apiVersion: v1alpha1\nkind: HostnameConfig\nauto: "off"\nhostname: ${hostname}\n`;
    writeFileSync(file("hostname.yaml"), document);
    const patched = file(`${hostname}.yaml`);
    const command = ["machineconfig", "patch", file(`${type}.yaml`), "--patch", `@${file("hostname.yaml")}`];
    execFileSync(talosctl, [...command, "-o", patched], { stdio: "pipe" });
    return patched;
  }

  beforeAll(() => {
    const binary = build(folder);
    network = new Network(`tce-t${process.pid}`);
    const generate = ["gen", "config", "test", `https://${controlPlane}:6443`, "--output-dir", folder];
    execFileSync(talosctl, [...generate, "--install-disk", "/dev/vda"], { stdio: "pipe" });
    const machine = (name: string, namespace: string, platform: Record<string, unknown>) =>
      new Machine(binary, file(`machines/${name}`), namespace, platform);
    cp = machine("cp", network.plug("cp", controlPlane).namespace, { platform: "metal" });
    w = machine("w", network.plug("w", worker).namespace, { platform: "gcp", userData: config("worker", "w-1") });
    const edgePlug = network.plug("edge");
    writeFileSync(file("edge-user-data"), "machine: {bogus: true}\n");
    edge = machine("edge", edgePlug.namespace, { platform: "nocloud", dhcp: true, userData: file("edge-user-data") });
    const dhcp = [
      "--no-resolv",
      "--no-hosts",
      "--bind-interfaces",
      "--interface=br0",
      "--pid-file=",
      "--keep-in-foreground",
    ];
    const leases = ["--dhcp-range=192.168.97.100,192.168.97.150,2m", `--dhcp-leasefile=${file("leases")}`];
    const host = `--dhcp-host=${edgePlug.mac},192.168.97.50,edge-7`;
    const exec = ["netns", "exec", network.bridge, "dnsmasq", "--port=0", ...dhcp, ...leases, host];
    const server = spawn("ip", [...exec, `--dhcp-option=option:dns-server,${network.gateway}`], { stdio: "ignore" });
    stopDhcp = () => server.kill();
  }, 600_000);

  afterAll(async () => {
    for (const machine of [cp, w, edge]) machine.cutPower();
    stopDhcp();
    await new Promise((resolve) => setTimeout(resolve, 500));
    removeCgroups();
    network.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it("waits for a config in maintenance mode and refuses what Talos refuses", async () => {
    cp.on();
    await cp.until("in maintenance", (status) => status.stage === "maintenance");
    const insecure = (command: string, ...args: string[]) => talos(command, "--insecure", "-n", controlPlane, ...args);
    expect(insecure("version").output).toContain("API is not implemented in maintenance mode");
    const good = config("controlplane", "cp-1");
    writeFileSync(file("bad.yaml"), readFileSync(good, "utf8").replace("type: controlplane", "bogus: 1"));
    expect(insecure("apply-config", "-f", file("bad.yaml")).output).toContain("unknown keys found during decoding");
    const wrong = insecure("apply-config", "-f", good, "--cert-fingerprint", "AAAA");
    expect(wrong.output).toContain("doesn't match the provided fingerprints");
    const fingerprint = /fingerprint: (\S+)/.exec(cp.console)?.[1] ?? "";
    const dry = insecure("apply-config", "-f", good, "--dry-run", "--cert-fingerprint", fingerprint);
    expect(dry.output).toContain("Node is running in maintenance mode and does not have a config yet");
    expect(insecure("apply-config", "-f", good, "--cert-fingerprint", fingerprint)).toEqual({ ok: true, output: "" });
    const status = await cp.until("configured", ({ stage, services }) => stage === "configured" && services.length > 0);
    expect(status).toMatchObject({ hostname: "cp-1", role: "controlplane", addresses: [controlPlane] });
    await cp.until("serving", ({ services }) => services.some(({ id, healthy }) => id === "apid" && healthy));
    expect(on(controlPlane, "version").output).toContain("RBAC");
  });

  it("has a worker's certificate signed by trustd, and passes calls on from control planes only", async () => {
    w.on();
    await w.until("serving", ({ services }) => services.some(({ id, healthy }) => id === "apid" && healthy));
    const both = on(`${controlPlane},${worker}`, "services").output;
    expect(both).toMatch(/192\.168\.97\.11 +trustd/);
    expect(both).toMatch(/192\.168\.97\.12 +apid/);
    expect(both).not.toMatch(/192\.168\.97\.12 +trustd/);
    expect(on(worker, "get", "hostnamestatus").output).toContain("w-1");
    expect(talos("-e", worker, "-n", controlPlane, "version").output).toContain("no request forwarding");
    expect(talos("-e", worker, "-n", worker, "get", "machinestatus").output).toContain("booting");
    expect(on(worker, "bootstrap").output).toContain("bootstrap can only be performed on a control plane node");
    expect(on(worker, "kubeconfig", file("kubeconfig")).output).toContain("only available on control plane nodes");
  });

  it("bootstraps once, and says soon that no etcd answers", () => {
    expect(on(controlPlane, "bootstrap")).toEqual({ ok: true, output: "" });
    expect(on(controlPlane, "bootstrap").output).toContain(
      "code = AlreadyExists desc = etcd data directory is not empty",
    );
    const asked = Date.now();
    expect(on(controlPlane, "etcd", "members").output).toContain(
      "error building etcd client: context deadline exceeded",
    );
    expect(Date.now() - asked).toBeLessThan(8_000);
  });

  it("lets readers read, but nothing secret and nothing that changes the machine", () => {
    const reader = file("reader.yaml");
    expect(on(controlPlane, "config", "new", reader, "--roles", "os:reader", "--crt-ttl", "1h").ok).toBe(true);
    const read = (...args: string[]) => on(worker, "--talosconfig", reader, ...args);
    expect(read("services").ok).toBe(true);
    expect(read("get", "machineconfig").output).toContain("not authorized");
    expect(read("reboot", "--wait=false").output).toContain("PermissionDenied");
  });

  it("applies a config in the mode that its changes allow", async () => {
    const patch = (mode: string, change: object) =>
      on(worker, "patch", "mc", "--mode", mode, "-p", JSON.stringify({ machine: change })).output;
    expect(patch("auto", { nodeLabels: { zone: "a" } })).toContain("Applied configuration without a reboot");
    expect(patch("no-reboot", { env: { A: "b" } })).toContain("can't be applied in immediate mode");
    expect(patch("auto", { type: "controlplane" })).toContain("machine type can't be changed");
    expect(patch("staged", { env: { A: "b" } })).toContain("Staged configuration");
    expect(on(worker, "get", "mc", "-o", "yaml").output).not.toContain("A: b");
    const boots = () => w.console.split("booting Talos").length;
    const before = boots();
    expect(patch("auto", { env: { A: "c" } })).toContain("Applied configuration with a reboot");
    await expect.poll(boots, { timeout: 20_000 }).toBe(before + 1);
    await w.until("serving", ({ services }) => services.some(({ id, healthy }) => id === "apid" && healthy));
    expect(on(worker, "get", "mc", "-o", "yaml").output).toMatch(/A: c[\s\S]*zone: a|zone: a[\s\S]*A: c/);
  });

  it("keeps its state over a power cut, and leaves nothing running", async () => {
    const identity = readFileSync(path.join(w.folder, "state", "node-identity.yaml"), "utf8");
    w.cutPower();
    await expect.poll(() => w.processes, { timeout: 5_000 }).toEqual([]);
    w.on();
    await w.until("serving", ({ services }) => services.some(({ id, healthy }) => id === "apid" && healthy));
    expect(readFileSync(path.join(w.folder, "state", "node-identity.yaml"), "utf8")).toBe(identity);
  });

  it("wipes its state by a reset, and is off when told so", async () => {
    const reset = on(worker, "reset", "--graceful=false", "--wait=false", "--system-labels-to-wipe", "STATE");
    expect(reset.ok).toBe(true);
    await w.until("off", ({ stage }) => stage === "off");
    await expect.poll(() => w.hasCgroup, { timeout: 5_000 }).toBe(false);
    expect(readdirSync(path.join(w.folder, "state"))).toEqual([]);
    expect(network.links(w.namespace).sort()).toEqual(["eth0", "lo"]);
  });

  it("says what is wrong with its user data, and takes its address and name by DHCP", async () => {
    edge.on();
    const refused = await edge.until("refused", ({ problem }) => problem?.includes("machine config") ?? false);
    expect(refused).toMatchObject({ stage: "booting", problem: expect.stringContaining("bogus") as string });
    await edge.until("named", ({ hostname }) => hostname === "edge-7");
    expect(edge.status?.addresses).toEqual(["192.168.97.50"]);
    writeFileSync(file("edge-user-data"), "");
    await edge.until("in maintenance", ({ stage }) => stage === "maintenance");
    edge.pressPowerButton();
    await edge.until("off", ({ stage }) => stage === "off");
  });
});
