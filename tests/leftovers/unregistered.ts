import { createRequire } from "node:module";

/** For tests with mocks: the SDK's own monitor for mocks has no place for hooks, so there they are accepted and never run. */
export function leaveHooksUnregistered(): void {
  const { MockMonitor } = createRequire(__filename)("@pulumi/pulumi/runtime/mocks") as {
    MockMonitor: { prototype: object };
  };
  Object.assign(MockMonitor.prototype, {
    registerResourceHook: (_request: unknown, callback: (error: null, response: object) => void) => {
      callback(null, {});
    },
  });
}
