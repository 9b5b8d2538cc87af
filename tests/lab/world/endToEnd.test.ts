import { statSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as c from "./cluster";
import { Kubernetes } from "./kubernetes";
import { Lab } from "./lab";

const WEB = ["sh", "-c", 'mkdir -p /www\necho "hello from $NODE_NAME" > /www/test.txt\nexec httpd -f -p 8080 -h /www'];
const CHECK = `
set -u
answer=$(wget -q -T 5 -O - "http://web.checks.svc.cluster.local:8080/test.txt" 2>&1) || { echo "$answer" >/dev/termination-log; exit 1; }
for address in $(nslookup -type=a peers.checks.svc.cluster.local | sed -n '/^Name:/,$s/^Address: //p'); do
  ping -c 3 -W 3 "$address" >/dev/null || { echo "no answer from $address" >/dev/termination-log; exit 1; }
  echo "$NODE_NAME reaches $address"
done
wget -q -O - http://example.com/ >/dev/null || exit 1
`;

const nodeName = { name: "NODE_NAME", valueFrom: { fieldRef: { fieldPath: "spec.nodeName" } } };

describe("a cluster, from an empty project to pods that talk, and back", () => {
  let lab: Lab;
  const secrets = new c.Secrets();
  let master = "";
  let kubernetes: Kubernetes;

  beforeAll(async () => {
    lab = await Lab.start();
  });
  afterAll(async () => {
    await lab.stop();
  });

  it("boots cloud nodes from user-data into the tailnet", async () => {
    await c.cloud(lab);
    for (const [name, role, address] of [
      ["master-1", "controlplane", "10.1.0.2"],
      ["worker-1", "worker", "10.1.0.3"],
    ] as const) {
      const tag = role === "worker" ? "tag:k8s-worker" : "tag:k8s-control-plane";
      const { key } = await c.authKey(lab, tag);
      await c.cloudNode(
        lab,
        name,
        address,
        c.machineConfig(secrets, { role, name, authKey: key, tag, endpoint: ["10.1.0.2"] }),
      );
    }
    master = await c.joined(lab, "master-1");
    expect(master).toMatch(/^100\./);
    await c.joined(lab, "worker-1");
    expect(lab.world.summary().nodes).toMatchObject([
      { name: "master-1", role: "controlplane", place: "cloud", tailnetAddress: master, ready: false },
      { name: "worker-1", role: "worker", place: "cloud", ready: false },
    ]);
  });

  it("bootstraps etcd once, and gives a kubeconfig", async () => {
    const access = { node: master, endpoint: master, clientConfiguration: secrets.client };
    await lab.rpc("talos.bootstrap", access);
    await expect(lab.rpc("talos.bootstrap", access)).rejects.toThrow(
      "AlreadyExists desc = etcd data directory is not empty",
    );
    const health = {
      endpoints: [master],
      controlPlaneNodes: ["10.1.0.2"],
      workerNodes: ["10.1.0.3"],
      skipKubernetesChecks: true,
    };
    expect(await lab.rpc("talos.health", { ...health, clientConfiguration: secrets.client })).toEqual({ ok: true });
    const client = await lab.rpc("talos.kubeconfig", access);
    expect(client.host).toBe(`https://${c.ENDPOINT}:6443`);
    kubernetes = new Kubernetes(lab, master, client);
    expect((await kubernetes.get("/version")).gitVersion).toBe("v1.35.0");
  });

  it("refuses callers without the cluster's certificate", async () => {
    const answer = await lab.https(`https://${master}:6443/api/v1/nodes`, { tls: { ca: secrets.clusterCa.cert } });
    expect(answer).toMatchObject({ status: 401, body: { kind: "Status", reason: "Unauthorized" } });
    const stranger = { node: master, endpoint: master, clientConfiguration: new c.Secrets().client };
    await expect(lab.rpc("talos.kubeconfig", stranger)).rejects.toThrow(
      "x509: certificate signed by unknown authority",
    );
  });

  it("takes in an edge node over the tailnet", async () => {
    expect(await lab.ssh("root@kvm.lab", c.SITE_UP)).toMatchObject({ code: 0 });
    await c.site(lab);
    const { key } = await c.authKey(lab, "tag:k8s-edge");
    const config = c.machineConfig(secrets, {
      role: "worker",
      name: "talos-edge-1",
      authKey: key,
      tag: "tag:k8s-edge",
      endpoint: [master],
    });
    await c.edgeNode(lab, "talos-edge-1", "nocloud", config);
    const address = await c.joined(lab, "talos-edge-1");
    await lab.until("all nodes are ready", () => lab.world.summary().nodes.every((node) => node.ready));
    const node = await kubernetes.get("/api/v1/nodes/talos-edge-1");
    expect(node).toMatchObject({
      metadata: { annotations: { "flannel.alpha.coreos.com/public-ip": address }, labels: { place: "any" } },
      spec: { podCIDR: "10.244.2.0/24" },
    });
    expect((node.status as { addresses: unknown[] }).addresses[0]).toEqual({ type: "InternalIP", address });
  });

  it("runs a DaemonSet on every node and Jobs that reach it", async () => {
    await kubernetes.create("/api/v1/namespaces", {
      kind: "Namespace",
      apiVersion: "v1",
      metadata: { name: "checks" },
    });
    const labels = { app: "web" };
    const tolerations = [{ operator: "Exists" }];
    const containers = [{ name: "web", image: "busybox", command: WEB, env: [nodeName] }];
    await kubernetes.create("/apis/apps/v1/namespaces/checks/daemonsets", {
      metadata: { name: "web" },
      spec: {
        selector: { matchLabels: labels },
        template: { metadata: { labels }, spec: { tolerations, containers } },
      },
    });
    for (const [name, clusterIP] of [["web"], ["peers", "None"]] as const) {
      const spec = { selector: labels, ports: [{ port: 8080 }], ...(clusterIP && { clusterIP }) };
      await kubernetes.create("/api/v1/namespaces/checks/services", { metadata: { name }, spec });
    }
    await lab.until("the web servers are ready", async () => {
      const { status } = await kubernetes.get("/apis/apps/v1/namespaces/checks/daemonsets/web");
      return (status as { numberReady: number }).numberReady === 3;
    });
    const nodes = ["master-1", "worker-1", "talos-edge-1"];
    for (const node of nodes) await kubernetes.create("/apis/batch/v1/namespaces/checks/jobs", checkJob(node));
    for (const node of nodes) {
      expect(await kubernetes.finished("checks", `check-${node}`)).toEqual(["SuccessCriteriaMet", "Complete"]);
      expect((await kubernetes.logs("checks", `check-${node}`)).split("\n")).toHaveLength(4);
    }
  });

  it("keeps everything when it is closed and started again", async () => {
    expect(statSync(join(lab.dir, "lab", "world.json")).mode & 0o777).toBe(0o600);
    const before = lab.world.summary();
    lab = await lab.restart();
    expect(lab.world.summary()).toEqual(before);
    kubernetes = kubernetes.in(lab);
    expect((await kubernetes.get("/api/v1/nodes")).items).toHaveLength(3);
  });

  it("loses an edge node that loses its way out, and gets it back", async () => {
    await lab.ssh("root@kvm.lab", "nft delete table ip site1");
    await kubernetes.create("/apis/batch/v1/namespaces/checks/jobs", checkJob("worker-1", "again"));
    await lab.until("the edge node is not ready", () => lab.world.summary().nodes.some((node) => !node.ready));
    expect(await kubernetes.finished("checks", "check-again")).toContain("Complete");
    const edge = await kubernetes.get("/api/v1/nodes/talos-edge-1");
    expect(JSON.stringify(edge.status)).toContain("Kubelet stopped posting node status.");
    await lab.ssh("root@kvm.lab", "nft add table ip site1; nft add rule ip site1 postrouting masquerade");
    expect(lab.world.summary().nodes.every((node) => node.ready)).toBe(true);
  });

  it("has nothing left when all of it is deleted", async () => {
    expect(lab.world.remains()).toContain("GCE instance master-1");
    expect(lab.world.remains()).toContain("Kubernetes namespace checks");
    await deleteEverything(lab);
    expect(lab.world.remains()).toEqual([]);
    lab = await lab.restart();
    expect(lab.world.remains()).toEqual([]);
  });
});

function checkJob(node: string, name = node): object {
  return {
    metadata: { name: `check-${name}` },
    spec: {
      backoffLimit: 0,
      template: {
        spec: {
          nodeSelector: { "kubernetes.io/hostname": node },
          tolerations: [{ operator: "Exists" }],
          restartPolicy: "Never",
          containers: [{ name: "check", image: "busybox", command: ["sh", "-c", CHECK], env: [nodeName] }],
        },
      },
    },
  };
}

async function deleteEverything(lab: Lab): Promise<void> {
  const pool = "/var/lib/libvirt/site1/talos-edge-1";
  const { objects } = lab.stored().libvirt;
  const idOf = (kind: string) =>
    Object.keys(objects)
      .find((key) => key.includes(kind))
      ?.split("|")[2] ?? "";
  const erase = (token: string, id: string) =>
    lab.rpc("libvirt.delete", { token: `libvirt:index/${token}`, uri: c.URI, id });
  await erase("domain:Domain", idOf("domain:Domain"));
  for (const file of [`${pool}.iso`, `${pool}.qcow2`, `${pool}-seed.iso`]) await erase("volume:Volume", file);
  await erase("cloudinitDisk:CloudinitDisk", idOf("cloudinit"));
  await erase("pool:Pool", idOf("pool:Pool"));
  await erase("network:Network", idOf("network:Network"));
  expect(await lab.ssh("root@kvm.lab", c.SITE_DOWN)).toMatchObject({ code: 0 });

  const project = "projects/talos-lab";
  for (const [type, id] of [
    ["compute/instance:Instance", `${project}/zones/europe-west3-a/instances/master-1`],
    ["compute/instance:Instance", `${project}/zones/europe-west3-a/instances/worker-1`],
    ["compute/subnetwork:Subnetwork", `${project}/regions/europe-west3/subnetworks/vpc-subnet`],
    ["compute/network:Network", `${project}/global/networks/vpc`],
    ["compute/image:Image", `${project}/global/images/talos`],
    ["storage/bucketObject:BucketObject", "setup02-images-talos.tar.gz"],
    ["storage/bucket:Bucket", "setup02-images"],
  ] as const) {
    await lab.rpc("gcp.delete", { token: `gcp:${type}`, id });
  }
  for (const device of await c.devices(lab)) await lab.tailscale("DELETE", `device/${device.nodeId}`);
}
