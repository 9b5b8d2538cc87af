import { type Console, duration, type Engine, findBinaries, Progress } from "../engine";
import { interruptEngine } from "./interrupt";
import { checkoutFolder, openSession } from "./session";
import { stacksIn } from "./stacks";

/** Destroys the lab's stacks, those of further sites first, and all that the lab keeps, once its world is empty. */
export async function down(root: string, console: Console): Promise<number> {
  const folder = checkoutFolder(root);
  if (!folder.exists()) {
    console.line("There is no lab in this checkout: nothing to destroy.");
    return 0;
  }
  const binaries = await findBinaries(console);
  const session = await openSession({ root, folder, binaries, console });
  try {
    const started = Date.now();
    const destroyed: Engine[] = [];
    let count = 0;
    for (const stack of stacksIn(folder.path)) {
      console.heading(`pulumi destroy, stack ${stack}`);
      const engine = await session.engine(stack);
      const progress = new Progress(console);
      const release = interruptEngine(engine, console);
      const outcome = await engine.destroy(progress.onEvent).finally(() => {
        progress.stop();
        release();
      });
      if (!outcome.ok) {
        console.heading(console.red(outcome.interrupted ? "The destroy was stopped." : "The destroy failed."));
        for (const error of outcome.errors) console.line(error);
        console.line("\nWhat is left is kept: `npm run lab:down` goes on from there.");
        return outcome.interrupted ? 130 : 1;
      }
      destroyed.push(engine);
      count += outcome.changes["delete"] ?? 0;
    }
    await session.world.refresh();
    const remains = session.world.remains();
    if (remains.length > 0) {
      console.heading(console.red("The state is empty, but this is left:"));
      for (const sentence of remains) console.line(`  ${sentence}`);
      return 1;
    }
    for (const engine of destroyed) await engine.removeStack();
    console.heading(`Destroyed ${count} resources in ${duration(Date.now() - started)}; nothing is left.`);
  } finally {
    await session.close();
  }
  await session.world.end();
  folder.remove();
  return 0;
}
