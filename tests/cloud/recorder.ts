import * as pulumi from "@pulumi/pulumi";
import { leaveHooksUnregistered } from "../leftovers/unregistered";

export interface RecordedResource {
  name: string;
  type: string;
  inputs: Record<string, unknown>;
}

export interface RecordedOptions {
  name: string;
  type: string;
  opts: pulumi.CustomResourceOptions;
  props: Record<string, unknown>;
}

/** Mocks that give a resource its inputs back, with the computed properties that `outputs` adds by type. */
export async function record(
  outputs: (resource: RecordedResource) => { id?: string; state?: Record<string, unknown> } = () => ({}),
): Promise<RecordedResource[]> {
  const resources: RecordedResource[] = [];
  leaveHooksUnregistered();
  await pulumi.runtime.setMocks({
    newResource({ name, type, inputs }) {
      // A property that holds a secret arrives wrapped; tests of secrets look at what the component passes instead.
      const plain = Object.entries(inputs as Record<string, unknown>).map(([key, value]): [string, unknown] => [
        key,
        pulumi.runtime.isRpcSecret(value) ? pulumi.runtime.unwrapRpcSecret(value) : value,
      ]);
      const resource = { name, type, inputs: Object.fromEntries(plain) };
      resources.push(resource);
      const { id = `${name}-id`, state = {} } = outputs(resource);
      return { id, state: { ...resource.inputs, selfLink: `link/${name}`, ...state } };
    },
    call: () => ({}),
  });
  return resources;
}

/** A transformation that writes down the options of what it is handed down to. */
export function optionsRecorder(): { seen: RecordedOptions[]; transformation: pulumi.ResourceTransformation } {
  const seen: RecordedOptions[] = [];
  return {
    seen,
    transformation: ({ name, type, opts, props }) => {
      seen.push({ name, type, opts, props });
      return undefined;
    },
  };
}

export function valueOf<T>(output: pulumi.Output<T>): Promise<T> {
  return new Promise((resolve) => {
    output.apply(resolve);
  });
}

/** The one resource of a type. */
export function only(resources: RecordedResource[], type: string): RecordedResource {
  const found = resources.filter((resource) => resource.type === type);
  const [first] = found;
  if (first === undefined || found.length > 1) {
    throw new Error(`${found.length} resources of type ${type}, not one`);
  }
  return first;
}
