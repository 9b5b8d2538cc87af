import type { Console, Engine } from "../engine";

/** npm and the shell pass on a Ctrl-C that this process got itself already. */
const sameMs = 1000;

/**
 * Makes Ctrl-C (and SIGTERM) stop the engine in good order: it finishes what it has begun and saves its state. Pressed once more, it
 * stops at once. Answers a function that takes this back.
 */
export function interruptEngine(engine: Engine, console: Console): () => void {
  let last = 0;
  let presses = 0;
  const onSignal = (): void => {
    if (Date.now() - last < sameMs) return;
    last = Date.now();
    presses++;
    console.line(
      presses === 1
        ? "\nStopping: the engine finishes what it has begun. Press Ctrl-C once more to stop it at once."
        : "\nStopping the engine at once.",
    );
    engine.interrupt();
  };
  process.on("SIGINT", onSignal);
  process.on("SIGTERM", onSignal);
  return () => {
    process.off("SIGINT", onSignal);
    process.off("SIGTERM", onSignal);
  };
}
