/** Makes networks and machines what the world's state says, again and again, until they are. */
import type { CloudResource, Machine, WorldState } from "../sim/model";
import { JsonStore } from "../state";
import type { Ground } from "./ground";
import type { Hosts } from "./hosts";
import type { NetnsLab } from "./lab";
import type { Machines } from "./machines";
import type { Namespace } from "./net/namespace";
import { Vpc } from "./net/vpc";
import { networkIds, vpcPlan } from "./net/vpcPlan";

/** What there is on this machine, as far as it was made. */
interface Made {
  version: 1;
  /** Ids of networks. */
  networks: string[];
  /** By id. */
  machines: Record<string, Pick<Machine, "id" | "name" | "attachment">>;
}

const retryMs = 1000;

export class Reconciler {
  private readonly made: JsonStore<Made>;
  private readonly applied = new Map<string, string>();
  private pass: Promise<void> | undefined;
  private wanted = false;
  private timer: NodeJS.Timeout | undefined;
  private stopped = false;

  constructor(
    private readonly lab: NetnsLab,
    private readonly state: WorldState,
    private readonly parts: { ground: Ground; hosts: Hosts; machines: Machines },
  ) {
    this.made = JsonStore.open<Made>(lab.path("made.json"), { version: 1, networks: [], machines: {} });
  }

  /** Something changed. */
  wake(): void {
    if (this.stopped) return;
    this.wanted = true;
    this.pass ??= this.run();
  }

  /** Resolves when everything is as it should be, or could not be made so for now. */
  async settled(): Promise<void> {
    while (this.pass) await this.pass;
  }

  async stop(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    await this.settled();
  }

  private async run(): Promise<void> {
    // Changes of one call come together.
    await Promise.resolve();
    while (this.wanted) {
      this.wanted = false;
      await this.reconcile();
    }
    this.pass = undefined;
  }

  private async reconcile(): Promise<void> {
    await Promise.all(this.gone().map((machine) => this.attempt(machine.name, () => this.take(machine))));
    // As it is now: a machine that appears meanwhile has no network before the next pass.
    const present = Object.values(this.state.machines);
    const networks = networkIds(this.state);
    for (const id of networks) await this.attempt(id, () => this.network(id));
    for (const id of this.made.data.networks.filter((known) => !networks.includes(known)))
      await this.attempt(id, () => this.dismantle(id));
    await Promise.all(present.map((machine) => this.attempt(machine.name, () => this.bringUp(machine))));
  }

  private gone(): Made["machines"][string][] {
    return Object.values(this.made.data.machines).filter(({ id }) => this.state.machines[id] === undefined);
  }

  private async network(id: string): Promise<void> {
    const plan = vpcPlan(this.state, id, (instance) => this.namespaceOf(instance));
    const digest = JSON.stringify(plan);
    if (this.applied.get(id) === digest) return;
    this.applied.delete(id);
    if (!this.made.data.networks.includes(id)) this.made.data.networks.push(id);
    this.made.flush();
    await this.vpc(id).apply(plan);
    this.applied.set(id, digest);
  }

  private async dismantle(id: string): Promise<void> {
    await this.vpc(id).remove();
    this.applied.delete(id);
    this.made.data.networks = this.made.data.networks.filter((known) => known !== id);
    this.made.flush();
  }

  private async bringUp(machine: Machine): Promise<void> {
    const { hosts, machines } = this.parts;
    if (machines.isRunning(machine) && machines.starts(machine) === machine.starts) return;
    // A machine that was shut down stays off until somebody starts it.
    if (machines.starts(machine) === machine.starts && machines.status(machine)?.stage === "off") return;
    const { id, name, attachment } = machine;
    this.made.data.machines[id] = { id, name, attachment };
    this.made.flush();
    await machines.stop(machine);
    if (attachment.kind === "lan") {
      const { mac, bridge } = attachment;
      const host = await hosts.on(attachment.host);
      await host.plug({ namespace: machines.namespaceOf(machine), mac, bridge });
    }
    await machines.start(machine, this.extensionsOf(machine));
  }

  private async take(machine: Made["machines"][string]): Promise<void> {
    const { hosts, machines } = this.parts;
    const namespace = machines.namespaceOf(machine);
    await machines.stop(machine);
    const { attachment } = machine;
    if (attachment.kind === "lan") await (await hosts.on(attachment.host)).unplug({ namespace });
    else await this.vpc(attachment.network).unplug({ namespace, ...attachment, tags: [] });
    await machines.remove(machine);
    this.made.data.machines = Object.fromEntries(
      Object.entries(this.made.data.machines).filter(([id]) => id !== machine.id),
    );
    this.made.flush();
  }

  private namespaceOf(instance: string): Namespace {
    const machine = this.state.machines[instance];
    if (!machine) throw new Error(`There is no machine behind instance ${instance}.`);
    return this.parts.machines.namespaceOf(machine);
  }

  private extensionsOf(machine: Machine): string[] {
    return this.state.factory.schematics[machine.system?.schematic ?? ""]?.extensions ?? [];
  }

  private vpc(id: CloudResource["id"]): Vpc {
    const { internet, addresses } = this.parts.ground;
    return new Vpc(this.lab, internet, addresses, id);
  }

  /** What fails is told, and tried again after a while. */
  private async attempt(what: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.lab.log(`${what}: ${error instanceof Error ? error.message : String(error)}`);
      clearTimeout(this.timer);
      this.timer = setTimeout(() => {
        this.wake();
      }, retryMs).unref();
    }
  }
}
