import { type Console, findBinaries, Progress } from "../engine";
import { interruptEngine } from "./interrupt";
import { parseOutputs } from "./outputs";
import { Phases } from "./phases";
import { checkoutFolder, openSession } from "./session";
import { chosenStack } from "./stacks";
import { notReady, printSummary } from "./summary";

/** Builds what a stack of the lab says (the cluster, where none is named), or brings it to that. */
export async function up(root: string, console: Console, args: string[]): Promise<number> {
  const { stack, world: kind } = chosenStack(args, root);
  const phases = new Phases();
  const binaries = await phases.time("tools", () => findBinaries(console));
  const folder = checkoutFolder(root);
  const session = await phases.time("world", () => openSession({ root, folder, binaries, console, world: kind }));
  try {
    console.heading(`pulumi up, stack ${stack}`);
    const engine = await session.engine(stack);
    const outcome = await phases.time("pulumi up", async () => {
      const progress = new Progress(console);
      const release = interruptEngine(engine, console);
      try {
        return await engine.up(progress.onEvent);
      } finally {
        progress.stop();
        release();
      }
    });
    await session.world.refresh();
    if (!outcome.ok) {
      console.heading(console.red(outcome.interrupted ? "The update was stopped." : "The update failed."));
      for (const error of outcome.errors) console.line(error);
      // Of a mistake in the config nothing was made.
      if (session.world.remains().length > 0)
        console.line("\nWhat was made is kept: the same command goes on from there, `npm run lab:down` destroys it.");
      return outcome.interrupted ? 130 : 1;
    }
    const outputs = parseOutputs(await engine.outputs());
    if (outputs.kubeconfig) folder.writeSecret(folder.kubeconfig, outputs.kubeconfig);
    if (outputs.talosconfig) folder.writeSecret(folder.talosconfig, outputs.talosconfig);
    const world = session.world.summary();
    printSummary(console, { kind: session.kind, outcome, outputs, world, folder, phases, root });
    return notReady(outputs, world).length === 0 ? 0 : 1;
  } finally {
    await session.close();
  }
}
