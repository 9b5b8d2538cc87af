import { expect, it } from "vitest";
import { invokeReason, wasCutOff } from "../../components/talos/invokeReason";

const token = "talos:index/getClusterHealth:getClusterHealth";

it.each([
  [`invocation of ${token} returned an error: etcd is not healthy`, "etcd is not healthy"],
  [
    `invocation of ${token} returned an error: 1 error occurred:\n\t* cluster health check failed: context deadline exceeded\n\n`,
    "cluster health check failed: context deadline exceeded",
  ],
  [`invocation of ${token} returned an error: 2 errors occurred:\n\t* one.\n\t* two.\n\n`, "one.; two"],
  [`Invoke of '${token}' failed: no endpoint (endpoints)`, "no endpoint (endpoints)"],
  ["Resource monitor is terminating", "Resource monitor is terminating"],
])("is told in one line: %j", (message, reason) => {
  expect(invokeReason(new Error(message))).toBe(reason);
});

it.each([
  [`invocation of ${token} returned an error: grpc: the client connection is closing`, true],
  [`invocation of ${token} returned an error: talos.health was cancelled`, true],
  ["Resource monitor is terminating", true],
  [`invocation of ${token} returned an error: etcd is not healthy: context deadline exceeded`, false],
])("is told from the end of an update that failed elsewhere: %j", (message, expected) => {
  expect(wasCutOff(new Error(message))).toBe(expected);
});
