/** The world's clock: while something is under way, it is looked at again and again; otherwise nothing runs. */
import { isEtcdSettled, stepEtcd } from "./cluster/etcd";
import { clusterOf, configOf } from "./cluster/identity";
import { refreshNodes, registerNode } from "./cluster/nodes";
import { isFinished } from "./kube/controllers/jobs";
import { reconcile } from "./kube/controllers";
import { JOBS, list } from "./kube/store";
import { advance } from "./machine/boot";
import type { Machine } from "./model";
import type { Sim } from "./sim";

const TICK_MS = 40;

export class Lifecycle {
  private timer: NodeJS.Timeout | undefined;
  private ticking: Promise<void> | undefined;
  private again = false;
  private stopped = false;

  constructor(private readonly sim: Sim) {}

  /** Something changed: look again soon. */
  wake(): void {
    if (this.stopped || this.timer) return;
    this.timer = setTimeout(() => {
      this.timer = undefined;
      // What changes while a tick looks around may have been passed already: another one follows.
      if (this.ticking) this.again = true;
      else this.run();
    }, TICK_MS).unref();
  }

  private run(): void {
    this.ticking = this.tick().finally(() => {
      this.ticking = undefined;
      if (this.again) this.wake();
      this.again = false;
    });
  }

  async stop(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    await this.ticking;
  }

  private async tick(): Promise<void> {
    const { state } = this.sim;
    await Promise.all(Object.values(state.machines).map((machine) => this.step(machine)));
    for (const cluster of Object.values(state.clusters)) {
      const isBusy = list(cluster, JOBS).some((job) => !isFinished(job));
      if (refreshNodes(this.sim, cluster) || isBusy) reconcile(this.sim, cluster);
    }
    if (Object.values(state.machines).some((machine) => !this.isSettled(machine))) this.wake();
  }

  private async step(machine: Machine): Promise<void> {
    try {
      await advance(this.sim, machine);
      if (machine.stage !== "joined" || this.sim.state.machines[machine.id] !== machine) return;
      stepEtcd(this.sim, machine);
      registerNode(this.sim, machine);
    } catch (error) {
      this.sim.log(`${machine.name}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
    }
  }

  /** Whether nothing more happens to the machine without somebody's doing. */
  private isSettled(machine: Machine): boolean {
    if (machine.stage === "maintenance") return true;
    if (machine.stage !== "joined" || !isEtcdSettled(this.sim, machine)) return false;
    // A worker without a cluster waits for one, but it is the bootstrap that wakes it.
    return (
      machine.registered === true || (clusterOf(this.sim, machine) === undefined && configOf(machine) !== undefined)
    );
  }
}
