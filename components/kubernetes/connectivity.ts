import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { ChecksConfig } from "../config/schema";
import {
  type CheckedNode,
  checkedPeers,
  checkJobName,
  checkNamespace,
  checkPeers,
  checkService,
  machinesDigest,
  peersVariable,
  waitSeconds,
} from "./checkPlan";
import { checkScript, largeFileBytes } from "./checkScript";
import { everyNode } from "./everyNode";
import { clusterProvider } from "./provider";

export interface ConnectivityNode {
  /** Name of the Node. */
  name: string;
  /** Control planes are reached from every node, in clusters of any size. @default worker */
  role?: "controlplane" | "worker";
  /** Addresses of its pods. */
  podCidr: pulumi.Input<string>;
  /** Tells its machine from the successor. */
  machineId: pulumi.Input<string>;
}

export interface ConnectivityArgs {
  /** Image, outside name and time limit of the suite. */
  checks: ChecksConfig;
  /**
   * Tells the suites of one cluster's stacks apart.
   *
   * @default the suite of the stack with the cloud part
   */
  scope?: string;
  /** The nodes to check from. */
  nodes: ConnectivityNode[];
  /**
   * Further nodes to reach.
   *
   * @default none
   */
  peers?: ConnectivityNode[];
  /** Admin access to the cluster. */
  kubeconfig: pulumi.Input<string>;
}

const labels = { app: checkService };

/** Small enough for the smallest edge node. */
const resources = { requests: { cpu: "10m", memory: "16Mi" }, limits: { memory: "64Mi" } };

const nodeName = { name: "NODE_NAME", valueFrom: { fieldRef: { fieldPath: "spec.nodeName" } } };

/**
 * The connectivity suite: a web server on every node, and on every node a Job that reaches all others (in a large cluster some: see
 * `checkedPeers`), the Service by address and by name, and the Internet. A failed Job fails the update with the pairs of nodes and the
 * reasons in its message, and the next update repeats it; a Job that passed is repeated when the nodes that it reaches, their machines or
 * their pod addresses change.
 */
export class Connectivity extends pulumi.ComponentResource {
  /** Names of the nodes whose checks have passed. */
  readonly passed: pulumi.Output<string[]>;

  constructor(name: string, args: ConnectivityArgs, opts?: pulumi.ComponentResourceOptions) {
    super("talos-cloud-edge:kubernetes:Connectivity", name, {}, opts);

    const provider = clusterProvider(`${name}-kubernetes`, pulumi.secret(args.kubeconfig), {
      parent: this,
      dependsOn: opts?.dependsOn,
    });
    const create = `${args.checks.timeoutMinutes + 1}m`;
    const options = { parent: this, provider, customTimeouts: { create, update: create } };

    const space = new kubernetes.core.v1.Namespace(
      `${name}-namespace`,
      { metadata: { name: checkNamespace(args.scope), labels: { "pod-security.kubernetes.io/enforce": "baseline" } } },
      options,
    );
    const namespace = space.metadata.name;
    const service = new kubernetes.core.v1.Service(
      `${name}-service`,
      {
        metadata: { name: checkService, namespace, labels },
        spec: { type: "ClusterIP", selector: labels, ports: [{ name: "http", port: 8080, targetPort: 8080 }] },
      },
      options,
    );
    const peers = new kubernetes.core.v1.Service(
      `${name}-peers`,
      {
        metadata: { name: checkPeers, namespace, labels },
        spec: { clusterIP: "None", selector: labels, ports: [{ name: "http", port: 8080, targetPort: 8080 }] },
      },
      options,
    );
    const servers = new kubernetes.apps.v1.DaemonSet(
      `${name}-servers`,
      serverArgs(args.checks.image, namespace),
      options,
    );

    const variables = [
      nodeName,
      { name: "PEERS_NAME", value: pulumi.interpolate`${checkPeers}.${namespace}.svc.cluster.local` },
      { name: "SERVICE_IP", value: service.spec.clusterIP },
      { name: "SERVICE_NAME", value: pulumi.interpolate`${checkService}.${namespace}.svc.cluster.local` },
      { name: "EGRESS_HOST", value: args.checks.egressHost },
      { name: "WAIT_SECONDS", value: String(waitSeconds(args.checks.timeoutMinutes)) },
    ];
    const jobs = args.nodes.map(
      (node) =>
        new kubernetes.batch.v1.Job(
          `${name}-${node.name}`,
          jobArgs(node.name, args.checks, namespace, variables, peersOf(node, args)),
          { ...options, dependsOn: [servers, service, peers], deleteBeforeReplace: true },
        ),
    );

    this.passed = pulumi.all(jobs.map((job) => job.id)).apply(() => args.nodes.map((node) => node.name));
    this.registerOutputs({ passed: this.passed });
  }
}

function peersOf(node: ConnectivityNode, args: ConnectivityArgs): pulumi.Output<CheckedNode[]> {
  const peers = checkedPeers(args.nodes, args.peers ?? [], node.name);
  return pulumi.all(peers.map(({ name, podCidr, machineId }) => pulumi.output({ name, podCidr, machineId })));
}

function serverArgs(image: string, namespace: pulumi.Output<string>): kubernetes.apps.v1.DaemonSetArgs {
  const script = [
    "mkdir -p /www",
    'echo "hello from $NODE_NAME" > /www/test.txt',
    `head -c ${largeFileBytes} /dev/zero > /www/large`,
    "exec httpd -f -p 8080 -h /www",
  ].join("\n");
  return {
    metadata: {
      name: checkService,
      namespace,
      labels,
      // It runs on every node of the cluster, and one that sleeps must not hold up a stack that has nothing to do with it. The Jobs wait for
      // the servers that they need.
      annotations: { "pulumi.com/skipAwait": "true" },
    },
    spec: {
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: {
          ...everyNode,
          // httpd does not heed the signal to end.
          terminationGracePeriodSeconds: 1,
          containers: [
            {
              name: "server",
              image,
              command: ["sh", "-c", script],
              env: [nodeName],
              ports: [{ name: "http", containerPort: 8080 }],
              readinessProbe: { httpGet: { path: "/test.txt", port: 8080 }, periodSeconds: 2 },
              resources,
            },
          ],
        },
      },
    },
  };
}

function jobArgs(
  node: string,
  checks: ChecksConfig,
  namespace: pulumi.Output<string>,
  variables: kubernetes.types.input.core.v1.EnvVar[],
  peers: pulumi.Output<CheckedNode[]>,
): kubernetes.batch.v1.JobArgs {
  return {
    // A check that failed is unready in the state; the annotation has it made anew by the next update.
    metadata: { name: checkJobName(node), namespace, annotations: { "pulumi.com/replaceUnready": "true" } },
    spec: {
      backoffLimit: 2,
      activeDeadlineSeconds: checks.timeoutMinutes * 60,
      template: {
        metadata: {
          labels: { app: "connectivity-check" },
          annotations: { "talos-cloud-edge/machines": peers.apply(machinesDigest) },
        },
        spec: {
          ...everyNode,
          nodeSelector: { "kubernetes.io/hostname": node },
          restartPolicy: "Never",
          containers: [
            {
              name: "check",
              image: checks.image,
              command: ["sh", "-c", checkScript()],
              env: [...variables, { name: "PEERS", value: peers.apply(peersVariable) }],
              resources,
              terminationMessagePolicy: "FallbackToLogsOnError",
            },
          ],
        },
      },
    },
  };
}
