import { createHash } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";
import { leaveHooksUnregistered } from "../leftovers/unregistered";

interface Declared {
  type: string;
  name: string;
  /** Logical name of the parent; nothing for children of the stack. */
  parent: string | undefined;
  inputs: Record<string, unknown>;
}

/** Records what a program declares, and answers what the providers would. */
export class Graph {
  readonly resources: Declared[] = [];
  /** What the stack that holds the cloud part gives to others, if there is one. */
  joinBundle: unknown;
  private readonly patches: string[][] = [];

  async install(): Promise<void> {
    const mocks = {
      newResource: (args: pulumi.runtime.MockResourceArgs) => this.declared(args),
      call: (args: pulumi.runtime.MockCallArgs) => this.called(args),
    };
    leaveHooksUnregistered();
    await pulumi.runtime.setMocks(mocks, "talos-cloud-edge", "test", false, "organization");
  }

  /** Runs a program to its end, with all that it declares registered. */
  async run<T>(program: () => Promise<T>): Promise<T> {
    await this.install();
    let result: T | undefined;
    await pulumi.runtime.runInPulumiStack(async () => {
      this.recordParents();
      result = await program();
      return {};
    });
    await pulumi.runtime.disconnect();
    return result as T;
  }

  names(type: string): string[] {
    return this.resources
      .filter((resource) => resource.type === type)
      .map(({ name }) => name)
      .sort();
  }

  /** All patches of the node with the host name, in one text. */
  patchesOf(hostname: string): string {
    const of = this.patches.filter((patches) => patches.some((patch) => patch.includes(`hostname: ${hostname}`)));
    return of.flat().join("\n---\n");
  }

  private readonly parents = new Map<string, string>();

  private recordParents(): void {
    pulumi.runtime.registerStackTransformation((args) => {
      const parent = args.opts.parent as { __name?: string } | undefined;
      if (parent?.__name !== undefined) this.parents.set(`${args.type}::${args.name}`, parent.__name);
      return undefined;
    });
  }

  private declared(args: pulumi.runtime.MockResourceArgs): { id: string; state: Record<string, unknown> } {
    const inputs = args.inputs as Record<string, unknown>;
    if (args.type === "pulumi:pulumi:Stack") return { id: "stack", state: {} };
    // Read from another stack, not declared in this one.
    if (args.type === "pulumi:pulumi:StackReference") {
      const outputs = this.joinBundle === undefined ? {} : { joinBundle: this.joinBundle };
      return { id: args.name, state: { ...inputs, outputs, secretOutputNames: [] } };
    }
    this.resources.push({
      type: args.type,
      name: args.name,
      parent: this.parents.get(`${args.type}::${args.name}`),
      inputs,
    });
    return { id: identity(args), state: { ...inputs, ...computed(args.type, inputs) } };
  }

  private called(args: pulumi.runtime.MockCallArgs): Record<string, unknown> {
    const inputs = args.inputs as { configPatches?: string[] };
    if (args.token === "talos:index/getMachineConfiguration:getMachineConfiguration") {
      this.patches.push(inputs.configPatches ?? []);
      return { ...inputs, machineConfiguration: "machine config" };
    }
    return { ...inputs, talosConfig: "talosconfig" };
  }
}

/** The Image Factory names a schematic by its content. */
function identity({ type, name, inputs }: pulumi.runtime.MockResourceArgs): string {
  const { schematic } = inputs as { schematic?: string };
  return type === "talos:index/imageFactorySchematic:ImageFactorySchematic"
    ? createHash("sha256")
        .update(schematic ?? "")
        .digest("hex")
    : `${name}-id`;
}

/** Machines join in no certain order, but each has its address. */
const addressOf: Record<string, string> = {
  "setup02-cluster-master-1": "100.64.0.1",
  "setup02-cluster-worker-1": "100.64.0.2",
  "talos-edge-1": "100.64.0.3",
};

/** What the providers add to a resource's inputs. */
function computed(type: string, inputs: Record<string, unknown>): Record<string, unknown> {
  const pem = Buffer.from("pem").toString("base64");
  const client = { caCertificate: pem, clientCertificate: pem, clientKey: pem };
  switch (type) {
    case "pulumi-nodejs:dynamic/tailnet:TailnetDevice":
      return { address: addressOf[String(inputs.hostname)] };
    case "pulumi-nodejs:dynamic/kubernetes:ClusterNode":
      return { podCidr: "10.244.1.0/24" };
    case "tailscale:index/tailnetKey:TailnetKey":
      return { key: "tskey-auth-mock", createdAt: "2026-01-01T00:00:00Z" };
    case "random:index/randomId:RandomId":
      return { hex: "0a1b2c3d" };
    case "talos:index/machineSecrets:MachineSecrets":
      return { clientConfiguration: client, machineSecrets: { cluster: { id: "id", secret: "s" } } };
    case "random:index/randomUuid:RandomUuid":
      return { result: "c0ffee00-0000-4000-8000-000000000001" };
    case "talos:index/clusterKubeconfig:ClusterKubeconfig":
      return {
        kubeconfigRaw: "clusters:\n  - name: setup02\n    cluster:\n      server: https://api.setup02.internal:6443\n",
        kubernetesClientConfiguration: { ...client, host: "https://api.setup02.internal:6443" },
      };
    default:
      return {};
  }
}
