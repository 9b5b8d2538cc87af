/**
 * Loaded before a plugin: ends the process when the engine that started it is gone. An engine that is killed leaves its plugins alone, and
 * the SDK's dynamic provider would wait on for a node, and write to a pipe that nobody reads, at full speed.
 */
"use strict";

const { connect } = require("node:net");

const parent = process.ppid;
setInterval(() => {
  if (process.ppid !== parent) process.exit(1);
}, 500).unref();

// The engine may have been gone before its process was looked at: then it does not answer at the address that the plugin was given.
const [, port] = process.argv.map((argument) => /^127\.0\.0\.1:(\d+)$/.exec(argument)).find(Boolean) ?? [];
if (port !== undefined) {
  const socket = connect(Number(port), "127.0.0.1", () => socket.destroy());
  socket.on("error", (error) => {
    if (error.code === "ECONNREFUSED") process.exit(1);
  });
  socket.unref();
}
