import { log } from "@pulumi/pulumi";

/**
 * Drops the SDK's debug messages. They repeat the arguments and results of every function that is called, keys and all, and whoever reads
 * the engine's events has them: `pulumi up --json` and `--debug` print them in clear.
 */
export function dropDebugMessages(): void {
  Object.assign(log, { debug: () => Promise.resolve() });
}
