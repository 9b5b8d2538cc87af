import { createRequire } from "node:module";
import type * as closure from "@pulumi/pulumi/runtime/closure/serializeClosure";

/**
 * For tests with mocks: dynamic resources are registered without their code. Under vitest modules are wrapped in a way that Pulumi's
 * serialiser does not know; `serialisedProvider` is for tests of the code itself.
 */
export function leaveProvidersUnserialised(): void {
  const module = createRequire(__filename)("@pulumi/pulumi/runtime/closure/serializeClosure") as {
    serializeFunction: typeof closure.serializeFunction;
  };
  module.serializeFunction = () => Promise.resolve({ text: "", exportName: "handler", containsSecrets: false });
}
