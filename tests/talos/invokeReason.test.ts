import { expect, it } from "vitest";
import { invokeReason } from "../../components/talos/invokeReason";

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
