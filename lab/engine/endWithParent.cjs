/**
 * Loaded before a plugin: ends the process when the engine that started it is gone. An engine that is killed leaves its plugins alone, and
 * the SDK's dynamic provider would wait on for a node, and write to a pipe that nobody reads, at full speed.
 */
"use strict";

const parent = process.ppid;
setInterval(() => {
  if (process.ppid !== parent) process.exit(1);
}, 500).unref();
