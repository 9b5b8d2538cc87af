import * as pulumi from "@pulumi/pulumi";
import { Held, heldResources, record } from "./held";

/**
 * Reads what the stack holds, from the engine that runs this update; no provider and no node is asked.
 *
 * The engine breaks down when it is asked for the resources of a stack that was never updated. An update has written its root resource by
 * the time that has a URN; a preview writes nothing, so it looks only where an update ended well before.
 */
export async function readHeld(): Promise<Held> {
  const stack = `${pulumi.getOrganization()}/${pulumi.getProject()}/${pulumi.getStack()}`;
  const outputs = await ask("readStackOutputs", { name: stack });
  if (pulumi.runtime.isDryRun()) {
    if (Object.keys(outputs).length === 0) return Held.nothing;
  } else {
    await rootWritten();
  }
  return new Held(heldResources(await ask("readStackResourceOutputs", { stackName: stack })), outputs);
}

async function ask(question: string, about: Record<string, string>): Promise<Record<string, unknown>> {
  const answer: unknown = await pulumi.runtime.invoke(`pulumi:pulumi:${question}`, about);
  return record(record(answer)["outputs"]);
}

async function rootWritten(): Promise<void> {
  const root = pulumi.runtime.getStackResource();
  await new Promise<void>((resolve) => {
    root?.urn.apply(() => {
      resolve();
    });
  });
}
