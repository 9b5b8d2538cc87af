import { log } from "@pulumi/pulumi";

/** Names a resource and its type, and nothing of what is in it. */
const harmless = /^RegisterResource RPC prepared: t=\S+, name=\S+$/;

/**
 * Drops the SDK's debug messages. They repeat the arguments and results of every function that is called, keys and all, and whoever reads
 * the engine's events has them: `pulumi up --json` and `--debug` print them in clear. What only names a resource stays.
 */
export function dropDebugMessages(): void {
  const { debug } = log;
  Object.assign(log, {
    debug: (...args: Parameters<typeof debug>) => (harmless.test(args[0]) ? debug(...args) : Promise.resolve()),
  });
}
