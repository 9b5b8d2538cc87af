import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { parse } from "yaml";
import type * as talosComponents from "../../components/talos";
import { defaults } from "./plans";
import { bundleYaml } from "./secrets";

interface Registered {
  type: string;
  name: string;
  inputs: Record<string, unknown>;
  id?: string;
}

const kubeconfigRaw = "clusters:\n  - name: setup02\n    cluster:\n      server: https://api.setup02.internal:6443\n";
const client = { caCertificate: "Y2E=", clientCertificate: "Y2VydA==", clientKey: "a2V5" };
const outputs: Record<string, Record<string, unknown>> = {
  MachineSecrets: { machineSecrets: { cluster: { id: "cluster-id" } }, clientConfiguration: client },
  ClusterKubeconfig: {
    kubeconfigRaw,
    kubernetesClientConfiguration: { ...client, host: "https://api.setup02.internal:6443" },
  },
  MachineConfigurationApply: { resolvedApplyMode: "auto" },
};

let resources: Registered[];
let calls: { token: string; inputs: Record<string, unknown> }[];
let events: string[];

/** Components of a fresh program, in a preview or an update. */
async function start(preview: boolean): Promise<typeof talosComponents> {
  resources = [];
  calls = [];
  events = [];
  await pulumi.runtime.setMocks(
    {
      newResource: ({ type, name, inputs, id }) => {
        resources.push({ type, name, inputs: inputs as Record<string, unknown>, id });
        const kind = type.split(":").at(-1) ?? "";
        events.push(kind);
        return { id: `${name}-id`, state: { ...(inputs as object), ...outputs[kind] } };
      },
      call: ({ token, inputs }) => {
        calls.push({ token, inputs: inputs as Record<string, unknown> });
        events.push(token.split(":").at(-1) ?? "");
        return { machineConfiguration: "machine: {}", talosConfig: "context: setup02", id: "x" };
      },
    },
    "talos-cloud-edge",
    "dev",
    preview,
  );
  return import("../../components/talos");
}

function valueOf<T>(output: pulumi.Output<T>): Promise<T> {
  return new Promise((resolve) => output.apply(resolve));
}

const registered = (kind: string): Registered => {
  const found = resources.find((resource) => resource.type.endsWith(`:${kind}`));
  if (!found) throw new Error(`${kind} was not registered`);
  return found;
};

const health = (): { inputs: Record<string, unknown> }[] =>
  calls.filter(({ token }) => token.endsWith("getClusterHealth"));

const member = (name: string, last: number): talosComponents.CloudMember => ({
  name,
  address: `100.64.0.${last}`,
  internalIp: `10.1.0.${last}`,
});

const controlPlaneArgs = (count: number): talosComponents.ControlPlaneArgs => ({
  clusterName: "setup02",
  controlPlanes: Array.from({ length: count }, (_, index) => member(`master-${index + 1}`, index + 2)),
  workers: [member("worker-1", 9)],
  clientConfiguration: client,
});

// What one program still has under way must not reach the mocks of the next.
afterEach(() => pulumi.runtime.disconnect(false));

describe("ClusterSecrets", () => {
  let folder: string;
  const home = process.cwd();
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), "secrets-"));
    process.chdir(folder);
  });
  afterEach(() => {
    process.chdir(home);
    rmSync(folder, { recursive: true, force: true });
    vi.restoreAllMocks();
  });

  it("generates secrets and hands them out as secrets", async () => {
    const { ClusterSecrets } = await start(false);
    const secrets = new ClusterSecrets("setup02", { talosVersion: "v1.12.4" });
    expect(await valueOf(secrets.clientConfiguration)).toEqual(client);
    expect(await pulumi.isSecret(secrets.clientConfiguration)).toBe(true);
    expect(await pulumi.isSecret(secrets.machineSecrets)).toBe(true);
    expect(registered("MachineSecrets")).toMatchObject({ inputs: { talosVersion: "v1.12.4" } });
    expect(existsSync(".talos-cloud-edge")).toBe(false);
  });

  it("imports secrets that are taken over from a private file that goes with the program", async () => {
    const atEnd = new Map<string | symbol, () => void>();
    vi.spyOn(process, "once").mockImplementation((event, listener) => {
      atEnd.set(event, listener as () => void);
      return process;
    });
    // What a killed program left behind, readable by all.
    const file = ".talos-cloud-edge/dev/secrets.yaml";
    mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
    writeFileSync(file, "old", { mode: 0o644 });

    const { ClusterSecrets } = await start(false);
    const secrets = new ClusterSecrets("setup02", { talosVersion: "v1.12.4", secretsYaml: bundleYaml });
    expect(parse(readFileSync(file, "utf8"))).toEqual(parse(bundleYaml));
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(statSync(path.dirname(file)).mode & 0o777).toBe(0o700);
    expect((await valueOf(secrets.machineSecrets)).cluster.id).toBe("cluster-id");

    // The import reports v1.3 whatever the cluster runs; inputs that differ from what is imported would fail it.
    expect(registered("MachineSecrets")).toMatchObject({ id: file, inputs: { talosVersion: "v1.3" } });
    expect(existsSync(file)).toBe(false);
    expect([...atEnd.keys()]).toEqual(["exit", "SIGINT", "SIGTERM", "SIGHUP"]);
    const kill = vi.spyOn(process, "kill").mockReturnValue(true);
    for (const [event, end] of atEnd) {
      mkdirSync(path.dirname(file), { recursive: true });
      writeFileSync(file, "an import that failed");
      end();
      expect(existsSync(file)).toBe(false);
      if (event !== "exit") expect(kill).toHaveBeenLastCalledWith(process.pid, event);
    }
  });

  it("removes what a killed program has left when nothing is taken over any more", async () => {
    mkdirSync(".talos-cloud-edge/dev", { recursive: true });
    writeFileSync(".talos-cloud-edge/dev/secrets.yaml", "old");
    const { ClusterSecrets } = await start(false);
    await valueOf(new ClusterSecrets("setup02", { talosVersion: "v1.12.4" }).clientConfiguration);
    expect(existsSync(".talos-cloud-edge/dev")).toBe(false);
  });

  it("refuses secrets in one sentence", async () => {
    const { ClusterSecrets } = await start(false);
    const make = (): unknown => new ClusterSecrets("setup02", { talosVersion: "v1.12.4", secretsYaml: "a: b" });
    expect(make).toThrow(pulumi.RunError);
    expect(make).toThrow("secretsYaml is not what `talosctl gen secrets` writes");
  });
});

describe("machineConfiguration", () => {
  it("asks for a plain config by role, versions and patches, and is secret", async () => {
    const { machineConfiguration } = await start(false);
    const config = machineConfiguration({
      cluster: defaults.cluster,
      role: "worker",
      machineSecrets: pulumi.output({} as talosComponents.MachineSecrets),
      patches: ["a: 1", "b: 2"],
    });
    expect(await valueOf(config)).toBe("machine: {}");
    expect(await pulumi.isSecret(config)).toBe(true);
    expect(calls[0]?.inputs).toMatchObject({
      clusterName: "setup02",
      clusterEndpoint: "https://api.setup02.internal:6443",
      machineType: "worker",
      talosVersion: "v1.12.4",
      kubernetesVersion: "1.35.0",
      configPatches: ["a: 1", "b: 2"],
      docs: false,
      examples: false,
    });
  });
});

describe("NodeConfiguration", () => {
  it("applies over the tailnet, stages what needs a reboot, and does nothing on destroy", async () => {
    const { NodeConfiguration } = await start(false);
    const node = new NodeConfiguration("worker-1", {
      address: "100.64.0.9",
      clientConfiguration: client,
      machineConfiguration: "machine: {}",
    });
    expect(await valueOf(node.resolvedApplyMode)).toBe("auto");
    const { name, inputs } = registered("MachineConfigurationApply");
    expect(name).toBe("worker-1-apply");
    expect(inputs).toMatchObject({
      node: "100.64.0.9",
      endpoint: "100.64.0.9",
      applyMode: "staged_if_needing_reboot",
      timeouts: { create: "10m", update: "10m" },
    });
    expect(inputs).not.toHaveProperty("onDestroy");
  });
});

describe("ControlPlane", () => {
  it("bootstraps the first control plane and hands out access at its tailnet address", async () => {
    const { ControlPlane } = await start(false);
    const plane = new ControlPlane("setup02", controlPlaneArgs(3));
    const kubeconfig = await valueOf(plane.kubeconfig);
    expect(parse(kubeconfig)).toMatchObject({ clusters: [{ cluster: { server: "https://100.64.0.2:6443" } }] });
    expect(await valueOf(plane.kubernetesClient)).toEqual({ ...client, host: "https://100.64.0.2:6443" });
    expect(await valueOf(plane.talosconfig)).toBe("context: setup02");
    expect(await pulumi.isSecret(plane.kubeconfig)).toBe(true);
    expect(await pulumi.isSecret(plane.talosconfig)).toBe(true);
    expect(await pulumi.isSecret(plane.kubernetesClient)).toBe(true);
    expect(resources.filter(({ type }) => type.endsWith(":MachineBootstrap"))).toHaveLength(1);
    expect(registered("MachineBootstrap").inputs).toMatchObject({ node: "100.64.0.2", timeouts: { create: "10m" } });
    expect(registered("ClusterKubeconfig").inputs).toMatchObject({ certificateRenewalDuration: "720h" });
    const config = calls.find(({ token }) => token.endsWith("getClientConfiguration"));
    expect(config?.inputs).toMatchObject({
      endpoints: ["100.64.0.2", "100.64.0.3", "100.64.0.4"],
      nodes: ["100.64.0.2", "100.64.0.3", "100.64.0.4", "100.64.0.9"],
    });
  });

  it("checks cloud nodes by VPC address, bounded, and no Kubernetes Node", async () => {
    const { ControlPlane } = await start(false);
    const plane = new ControlPlane("setup02", { ...controlPlaneArgs(3), timeoutMinutes: 4 });
    await valueOf(plane.ready);
    expect(health().map(({ inputs }) => inputs)).toEqual([
      expect.objectContaining({
        endpoints: ["100.64.0.2", "100.64.0.3", "100.64.0.4"],
        controlPlaneNodes: ["10.1.0.2", "10.1.0.3", "10.1.0.4"],
        workerNodes: ["10.1.0.9"],
        skipKubernetesChecks: true,
        timeouts: { read: "4m" },
      }),
    ]);
  });

  it("waits for health after bootstrap and before anything uses the cluster", async () => {
    const { ControlPlane } = await start(false);
    await valueOf(new ControlPlane("setup02", controlPlaneArgs(1)).kubeconfig);
    const order = ["MachineBootstrap", "getClusterHealth", "ClusterKubeconfig"];
    expect(events.filter((event) => order.includes(event))).toEqual(order);
  });

  it("does not ask for health in a preview", async () => {
    const { ControlPlane } = await start(true);
    const plane = new ControlPlane("setup02", controlPlaneArgs(1));
    expect(await valueOf(plane.ready)).toHaveLength(1);
    await valueOf(plane.talosconfig);
    expect(health()).toEqual([]);
  });

  it("refuses a cluster without control planes", async () => {
    const { ControlPlane } = await start(false);
    expect(() => new ControlPlane("setup02", controlPlaneArgs(0))).toThrow("setup02 has no control plane.");
  });
});
