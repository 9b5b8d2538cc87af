import * as pulumi from "@pulumi/pulumi";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { checksSchema } from "../../components/config/schema";
import type * as Kubernetes from "../../components/kubernetes";
import { leaveProvidersUnserialised } from "../http/unserialised";

const kubeconfig = `
apiVersion: v1
clusters: [{ name: setup02, cluster: { server: "https://100.64.0.1:6443", certificate-authority-data: QQ== } }]
`;

let made: pulumi.runtime.MockResourceArgs[] = [];
let components: typeof Kubernetes;

beforeAll(async () => {
  leaveProvidersUnserialised();
  await pulumi.runtime.setMocks({
    newResource: (args) => {
      made.push(args);
      const inputs = args.inputs as { spec?: Record<string, unknown> };
      const served = args.name.endsWith("-service") ? { spec: { ...inputs.spec, clusterIP: "10.96.7.7" } } : {};
      return { id: `${args.name}-id`, state: { ...inputs, ...served } };
    },
    call: () => ({}),
  });
  components = await import("../../components/kubernetes");
});

beforeEach(() => {
  made = [];
});

function valueOf<T>(output: pulumi.Output<T>): Promise<T> {
  return new Promise((resolve) => {
    output.apply(resolve);
  });
}

interface Container {
  env?: { name: string; value?: string }[];
  image: string;
  args?: string[];
}

interface Workload {
  metadata: { name: string; annotations?: Record<string, string>; labels?: Record<string, string> };
  spec: {
    backoffLimit?: number;
    activeDeadlineSeconds?: number;
    ttlSecondsAfterFinished?: number;
    template: {
      metadata?: { annotations?: Record<string, string> };
      spec: { containers: [Container]; nodeSelector?: unknown; tolerations?: unknown; restartPolicy?: string };
    };
  };
}

const workloads = (type: string): Workload[] =>
  made.filter((one) => one.type === type).map((one) => one.inputs as Workload);

describe("Connectivity", () => {
  const nodes = [
    { name: "talos-edge-1", podCidr: pulumi.output("10.244.2.0/24"), machineId: pulumi.output("m1") },
    { name: "setup02-cluster-master-1", podCidr: "10.244.0.0/24", machineId: "m2" },
  ];

  it("runs one check on every node, against all nodes", async () => {
    const suite = new components.Connectivity("checks", { checks: checksSchema.parse({}), nodes, kubeconfig });
    expect(await valueOf(suite.passed)).toEqual(["talos-edge-1", "setup02-cluster-master-1"]);

    const jobs = workloads("kubernetes:batch/v1:Job");
    expect(jobs.map((job) => job.metadata.name)).toEqual(["check-talos-edge-1", "check-setup02-cluster-master-1"]);
    for (const [index, job] of jobs.entries()) {
      expect(job.metadata.annotations).toEqual({ "pulumi.com/replaceUnready": "true" });
      expect(job.spec).toMatchObject({ backoffLimit: 2, activeDeadlineSeconds: 300 });
      expect(job.spec.ttlSecondsAfterFinished).toBeUndefined();
      expect(job.spec.template.spec).toMatchObject({
        restartPolicy: "Never",
        nodeSelector: { "kubernetes.io/hostname": nodes[index]?.name },
        tolerations: [{ operator: "Exists" }],
      });
      const env = Object.fromEntries(
        (job.spec.template.spec.containers[0].env ?? []).map((one) => [one.name, one.value]),
      );
      expect(env).toEqual({
        NODE_NAME: undefined,
        PEERS: "setup02-cluster-master-1=10.244.0.0/24 talos-edge-1=10.244.2.0/24",
        PEERS_NAME: "busybox-test-peers.connectivity-check.svc.cluster.local",
        SERVICE_IP: "10.96.7.7",
        SERVICE_NAME: "busybox-test.connectivity-check.svc.cluster.local",
        EGRESS_HOST: "example.com",
        WAIT_SECONDS: "60",
      });
    }
  });

  it("repeats the checks with another machine, even with its predecessor's pod addresses", async () => {
    const digests: (string | undefined)[] = [];
    for (const machineId of ["m1", "m1", "m9"]) {
      made = [];
      const changed = nodes.map((node, index) => (index === 0 ? { ...node, machineId } : node));
      const checks = checksSchema.parse({});
      await valueOf(new components.Connectivity("checks", { checks, nodes: changed, kubeconfig }).passed);
      const jobs = workloads("kubernetes:batch/v1:Job");
      digests.push(...jobs.map(({ spec }) => spec.template.metadata?.annotations?.["talos-cloud-edge/machines"]));
    }
    expect(new Set(digests.slice(0, 4)).size).toBe(1);
    expect(new Set(digests.slice(4)).size).toBe(1);
    expect(digests[4]).not.toBe(digests[0]);
  });

  it("serves on every node from the configured image, in a namespace of its own", async () => {
    const checks = checksSchema.parse({ image: "registry.local/busybox:1" });
    await valueOf(new components.Connectivity("checks", { checks, nodes, kubeconfig }).passed);
    const [servers] = workloads("kubernetes:apps/v1:DaemonSet");
    expect(servers?.spec.template.spec.tolerations).toEqual([{ operator: "Exists" }]);
    expect(servers?.spec.template.spec.containers[0].image).toBe("registry.local/busybox:1");
    expect(workloads("kubernetes:core/v1:Namespace")[0]?.metadata).toEqual({
      name: "connectivity-check",
      labels: { "pod-security.kubernetes.io/enforce": "baseline" },
    });
    expect(made.map((one) => one.type).filter((type) => type === "kubernetes:core/v1:Service")).toHaveLength(2);
  });

  it("uses the cluster's own kubeconfig, with server-side apply", async () => {
    await valueOf(new components.Connectivity("checks", { checks: checksSchema.parse({}), nodes, kubeconfig }).passed);
    const provider = made.find((one) => one.type === "pulumi:providers:kubernetes");
    expect(provider?.inputs).toMatchObject({
      enableServerSideApply: "true",
      deleteUnreachable: "true",
      clusterIdentifier: expect.stringMatching(/^[0-9a-f]{16}$/) as string,
    });
  });
});

describe("FlannelInterface", () => {
  it("patches the arguments of Talos' Flannel", async () => {
    const patch = new components.FlannelInterface("flannel", { kubeconfig });
    await valueOf(patch.urn);
    await new Promise((resolve) => setTimeout(resolve, 50));
    const [inputs] = workloads("kubernetes:apps/v1:DaemonSetPatch");
    expect(inputs?.metadata).toEqual({
      name: "kube-flannel",
      namespace: "kube-system",
      annotations: { "pulumi.com/patchForce": "true" },
    });
    expect(inputs?.spec.template.spec.containers).toEqual([
      { name: "kube-flannel", args: ["--ip-masq", "--kube-subnet-mgr", "--iface=tailscale0"] },
    ]);
  });
});

describe("ClusterNode", () => {
  it("keeps the client's key secret", async () => {
    const client = { host: "https://100.64.0.1:6443", caCertificate: "a", clientCertificate: "b", clientKey: "c" };
    const node = new components.ClusterNode("n", {
      nodeName: "talos-edge-1",
      address: "100.64.0.7",
      client,
      machineId: "4711",
      timeoutMinutes: 10,
    });
    await valueOf(node.urn);
    const inputs = made.find((one) => one.type === "pulumi-nodejs:dynamic/kubernetes:ClusterNode")?.inputs as Record<
      string,
      unknown
    >;
    expect(inputs).toMatchObject({ nodeName: "talos-edge-1", client: { value: client } });
    const secret = (node as unknown as { client: pulumi.Output<unknown> }).client;
    expect(await pulumi.isSecret(secret)).toBe(true);
  });
});
