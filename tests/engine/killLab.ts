import { setTimeout as sleep } from "node:timers/promises";
import type { EngineEvent, Outcome, Process } from "../../lab/engine";
import { processTree } from "../../lab/engine/processTree";
import { openWorldLab, state, type WorldLab } from "./harness";
import { differences, inventory } from "./inventory";
import { type KillPoint, momentOfCall, momentOfEvent } from "./killPoints";
import type { Stage } from "./killStages";

/** What an unharmed stage is like. */
export interface Unharmed {
  moments: string[];
  inventory: string[];
}

/** How long killed processes may take to end; plugins look for their engine twice a second. */
const endMs = 60_000;

/** The engine's word on creates that were cut off; `pulumi refresh --clear-pending-creates` forgets them. */
const pendingWarning = /pending operations|pending_operations|interrupted while creating/i;

/** A lab whose commands are killed, and which says what is wrong afterwards. */
export class KillLab {
  private constructor(private readonly lab: WorldLab) {}

  static async open(): Promise<KillLab> {
    return new KillLab(await openWorldLab());
  }

  close(): Promise<void> {
    return this.lab.close();
  }

  /** Runs the stage to its end, and gives what is wrong, if anything. */
  async finish(stage: Stage, wanted: string[]): Promise<string[]> {
    const outcome = await this.run(stage, () => undefined);
    if (!outcome.ok) return outcome.errors.map((error) => `the next ${stage.command} failed: ${error}`);
    const said = outcome.warnings.filter((warning) => !pendingWarning.test(warning));
    const wrong = said.map((warning) => `the next ${stage.command} warned: ${warning}`);
    wrong.push(...differences(wanted, inventory(this.lab.world)));
    if (stage.command === "destroy") {
      const { resources = [] } = await state(this.lab);
      return [...wrong, ...resources.map(({ urn }) => `still in the state: ${urn}`)];
    }
    const again = await this.lab.engine.up(() => undefined, "--expect-no-changes");
    if (!again.ok) wrong.push(...again.errors.map((error) => `a further up: ${error}`));
    if (Object.keys(again.changes).join() !== "same")
      wrong.push(`a further up changed something: ${JSON.stringify(again.changes)}`);
    return wrong;
  }

  /** An unharmed stage, and what it was like. */
  async measure(stage: Stage): Promise<Unharmed> {
    const moments: string[] = [];
    const outcome = await this.run(stage, (moment) => {
      moments.push(moment);
      return undefined;
    });
    if (!outcome.ok) throw new Error(`${stage.name}, unharmed: ${outcome.errors.join("\n")}`);
    return { moments, inventory: inventory(this.lab.world) };
  }

  /** @returns whether it came to the point at all; a command that goes on from an earlier kill may have passed it. */
  async killAt(stage: Stage, point: KillPoint): Promise<boolean> {
    let seen = 0;
    let killed: Process[] | undefined;
    let timer: NodeJS.Timeout | undefined;
    const kill = (): void => {
      killed = this.lab.engine.kill(point.victim);
    };
    await this.run(stage, (moment) => {
      if (moment !== point.moment || ++seen !== point.occurrence) return undefined;
      if (point.delayMs > 0) {
        timer = setTimeout(kill, point.delayMs);
        return undefined;
      }
      kill();
      // Whom the answer would reach is dead, but for a plugin that outlives its engine a little.
      return point.victim === "everything" && !point.carriedOut ? "cut" : undefined;
    });
    clearTimeout(timer);
    await ended(killed ?? []);
    return killed !== undefined;
  }

  private async run(stage: Stage, onMoment: (moment: string) => "cut" | undefined): Promise<Outcome> {
    const { engine, world } = this.lab;
    await engine.prepareStack();
    for (const [key, value] of Object.entries(stage.config)) engine.setConfig(key, value);
    world.faults.watch((moment) => onMoment(momentOfCall(moment)));
    const onEvent = (event: EngineEvent): void => {
      const moment = momentOfEvent(event);
      if (moment !== undefined) onMoment(moment);
    };
    try {
      return await engine[stage.command](onEvent);
    } finally {
      world.faults.watch(undefined);
    }
  }
}

/** A user comes back later than what a dead engine has left behind takes to end. */
async function ended(processes: Process[]): Promise<void> {
  const pids = new Set(processes.map(({ pid }) => pid));
  const deadline = Date.now() + endMs;
  for (;;) {
    const alive = processTree(1).filter(({ pid }) => pids.has(pid));
    if (alive.length === 0) return;
    if (Date.now() > deadline)
      throw new Error(
        `Still there ${endMs / 1000} s after their engine: ${alive.map(({ command }) => command).join("; ")}`,
      );
    await sleep(100);
  }
}
