import { type Console, findBinaries, Progress } from "../engine";
import { interruptEngine } from "./interrupt";
import { parseOutputs } from "./outputs";
import { Phases } from "./phases";
import { checkoutFolder, openSession } from "./session";
import { notReady, printSummary } from "./summary";

/** Builds the cluster of the lab stack, or brings it to what the program says. */
export async function up(root: string, console: Console): Promise<number> {
  const phases = new Phases();
  const binaries = await phases.time("tools", () => findBinaries(console));
  const folder = checkoutFolder(root);
  const session = await phases.time("world", () => openSession({ root, folder, binaries, console }));
  try {
    console.heading("pulumi up, stack lab");
    const outcome = await phases.time("pulumi up", async () => {
      const progress = new Progress(console);
      const release = interruptEngine(session.engine, console);
      try {
        return await session.engine.up(progress.onEvent);
      } finally {
        progress.stop();
        release();
      }
    });
    if (!outcome.ok) {
      console.heading(console.red(outcome.interrupted ? "The update was stopped." : "The update failed."));
      for (const error of outcome.errors) console.line(error);
      // Of a mistake in the config nothing was made.
      if (session.world.remains().length > 0)
        console.line("\nWhat was made is kept: `npm start` goes on from there, `npm run lab:down` destroys it.");
      return outcome.interrupted ? 130 : 1;
    }
    const outputs = parseOutputs(await session.engine.outputs());
    if (outputs.kubeconfig) folder.writeSecret(folder.kubeconfig, outputs.kubeconfig);
    if (outputs.talosconfig) folder.writeSecret(folder.talosconfig, outputs.talosconfig);
    const world = session.world.summary();
    printSummary(console, { outcome, outputs, world, folder, phases, root });
    return notReady(outputs, world).length === 0 ? 0 : 1;
  } finally {
    await session.close();
  }
}
