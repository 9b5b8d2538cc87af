import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { clusterProvider } from "./provider";

export interface FlannelInterfaceArgs {
  /** Admin access to the cluster. */
  kubeconfig: pulumi.Input<string>;
  /** Interface that carries pod traffic between nodes. @default "tailscale0" */
  interface?: string;
}

/**
 * Moves the Flannel of a running cluster onto the tailnet. Only for a cluster that was taken over: one that is made here has the
 * interface in its machine configs, where it survives a reset.
 */
export class FlannelInterface extends pulumi.ComponentResource {
  constructor(name: string, args: FlannelInterfaceArgs, opts?: pulumi.ComponentResourceOptions) {
    super("talos-cloud-edge:kubernetes:FlannelInterface", name, {}, opts);

    const provider = clusterProvider(`${name}-kubernetes`, pulumi.secret(args.kubeconfig), {
      parent: this,
      dependsOn: opts?.dependsOn,
    });
    new kubernetes.apps.v1.DaemonSetPatch(
      `${name}-daemonset`,
      {
        metadata: {
          name: "kube-flannel",
          namespace: "kube-system",
          // Talos owns these arguments until then.
          annotations: { "pulumi.com/patchForce": "true" },
        },
        spec: {
          template: {
            spec: {
              containers: [
                {
                  name: "kube-flannel",
                  args: ["--ip-masq", "--kube-subnet-mgr", `--iface=${args.interface ?? "tailscale0"}`],
                },
              ],
            },
          },
        },
      },
      // Taking the patch back would leave Flannel without any arguments.
      { parent: this, provider, retainOnDelete: true },
    );
    this.registerOutputs({});
  }
}
