import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { everyNode } from "./everyNode";
import { flannelGuardScript } from "./flannelGuardScript";
import { clusterProvider } from "./provider";

export interface FlannelGuardArgs {
  /** Image with busybox' shell, ip and pidof. */
  image: string;
  /** Admin access to the cluster. */
  kubeconfig: pulumi.Input<string>;
  /** Interface that carries pod traffic between nodes. @default "tailscale0" */
  interface?: string;
}

const labels = { app: "flannel-guard" };

/**
 * Mends Flannel on each node by itself, of all stacks, for as long as the cluster lives: where the link below its VTEP has gone and come again,
 * flanneld is restarted. It needs no right in the API, and on the node none but to see its links and to end a process of root's.
 */
export class FlannelGuard extends pulumi.ComponentResource {
  constructor(name: string, args: FlannelGuardArgs, opts?: pulumi.ComponentResourceOptions) {
    super("talos-cloud-edge:kubernetes:FlannelGuard", name, {}, opts);

    const provider = clusterProvider(`${name}-kubernetes`, pulumi.secret(args.kubeconfig), {
      parent: this,
      dependsOn: opts?.dependsOn,
    });
    new kubernetes.apps.v1.DaemonSet(`${name}-daemonset`, daemonSet(args), { parent: this, provider });
    this.registerOutputs({});
  }
}

function daemonSet(args: FlannelGuardArgs): kubernetes.apps.v1.DaemonSetArgs {
  return {
    metadata: {
      name: "flannel-guard",
      // Talos exempts it from pod security, as what runs on the node's own network has to be.
      namespace: "kube-system",
      labels,
      // A node that sleeps must not hold up an update.
      annotations: { "pulumi.com/skipAwait": "true" },
    },
    spec: {
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: {
          ...everyNode,
          hostNetwork: true,
          hostPID: true,
          priorityClassName: "system-node-critical",
          // The shell does not heed the signal to end while it sleeps.
          terminationGracePeriodSeconds: 1,
          containers: [
            {
              name: "guard",
              image: args.image,
              command: ["sh", "-c", flannelGuardScript()],
              env: [{ name: "INTERFACE", value: args.interface ?? "tailscale0" }],
              resources: { requests: { cpu: "5m", memory: "8Mi" }, limits: { memory: "32Mi" } },
              securityContext: {
                runAsUser: 0,
                allowPrivilegeEscalation: false,
                readOnlyRootFilesystem: true,
                // flanneld is root's too, so no capability is needed to end it.
                capabilities: { drop: ["ALL"] },
              },
            },
          ],
        },
      },
    },
  };
}
