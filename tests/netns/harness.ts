/** The real engine and program over a world of network namespaces. */
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import type { NetnsTools } from "../../lab/engine";
import { unfit } from "../../lab/world";
import { NetnsLab } from "../../lab/world/netns/lab";
import { Namespace } from "../../lab/world/netns/net/namespace";
import { machineName } from "../../lab/world/netns/machines";
import type { WorldState } from "../../lab/world/sim/model";
import { openWorldLab, root, type WorldLab } from "../engine/harness";

/** What `npm run test:lab` has built. */
const tools = process.env["LAB_NETNS"];

/** Why no cluster can be made here. */
export const unfitForClusters =
  unfit() ?? (tools === undefined ? "LAB_NETNS does not name what was built: `npm run test:lab` does" : undefined);

export interface RealLab extends WorldLab {
  kubectlFile: string;
  /** Runs a program where the operator is, with kubeconfig and talosconfig of the cluster. */
  inOperator(file: string, args: string[]): Promise<string>;
  /** `kubectl`, and the JSON that it prints. */
  kubectl<T>(...args: string[]): Promise<T>;
  /** External addresses of the cloud nodes. */
  externalAddresses(): string[];
  /** Number of a machine's network namespace. */
  networkOf(machine: string): Set<number>;
  /** Ends all that is left. */
  end(): Promise<void>;
}

export async function openRealLab(): Promise<RealLab> {
  const built = JSON.parse(tools ?? "{}") as NetnsTools;
  const lab = await openWorldLab(root, { netns: built });
  const names = new NetnsLab(lab.folder.world);
  const machines = () =>
    Object.values((JSON.parse(readFileSync(join(lab.folder.world, "world.json"), "utf8")) as WorldState).machines);
  const kubectlFile = join(built.binaries, "kubectl");
  const inOperator = async (file: string, args: string[]): Promise<string> => {
    const outputs = (await lab.engine.outputs()) as { kubeconfig: string; talosconfig: string };
    lab.folder.writeSecret(lab.folder.kubeconfig, outputs.kubeconfig);
    lab.folder.writeSecret(lab.folder.talosconfig, outputs.talosconfig);
    const env = { KUBECONFIG: lab.folder.kubeconfig, TALOSCONFIG: lab.folder.talosconfig, HOME: lab.folder.path };
    return new Namespace(names.namespaceName("operator")).exec(file, args, { env });
  };
  return {
    ...lab,
    kubectlFile,
    inOperator,
    kubectl: async <T>(...args: string[]) => JSON.parse(await inOperator(kubectlFile, args)) as T,
    externalAddresses: () =>
      machines().flatMap(({ attachment }) => (attachment.kind === "vpc" ? (attachment.external ?? []) : [])),
    networkOf: (name) => {
      const machine = machines().find((candidate) => candidate.name.endsWith(name));
      if (!machine) throw new Error(`There is no machine ${name}.`);
      return new Set([statSync(new Namespace(names.namespaceName(machineName(machine))).path).ino]);
    },
    end: async () => {
      await lab.world.close().catch(() => undefined);
      await lab.world.end();
      lab.folder.remove();
    },
  };
}
