import { createRequire } from "node:module";
import type * as pulumi from "@pulumi/pulumi";

/**
 * For tests with mocks: dynamic resources are registered without their code. Under vitest modules are wrapped in a way that Pulumi's
 * serialiser does not know; `serialisedProvider` is for tests of the code itself.
 */
export function leaveProvidersUnserialised(): void {
  const { runtime } = createRequire(__filename)("@pulumi/pulumi") as {
    runtime: { serializeFunction: typeof pulumi.runtime.serializeFunction };
  };
  runtime.serializeFunction = () => Promise.resolve({ text: "", exportName: "handler", containsSecrets: false });
}
