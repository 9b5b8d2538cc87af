import type { Known, ResourceRef, Run } from "./protocol/provider";
import { isObject, type Properties, text } from "./protocol/values";
import { plainInputs, previewOutputs, TypedProvider, withMarks } from "./typedProvider";
import { callWorld } from "./world";

/** A provider whose resources live in the lab's world: `<service>.create`, `.read`, `.update` and `.delete`. */
export abstract class WorldBacked extends TypedProvider {
  protected abstract readonly service: string;

  /** Added to the parameters of every call. */
  protected context(): Properties {
    return {};
  }

  async create(resource: ResourceRef, inputs: Properties, run: Run): Promise<{ id: string; outputs: Properties }> {
    const plain = plainInputs(inputs);
    if (run.preview) return { id: "", outputs: plain };
    const result = await this.call("create", { token: resource.type, name: resource.name, inputs: plain }, run);
    const id = text(result, "id");
    if (!id) throw new Error(`The lab's world gave no id for ${resource.type} ${resource.name}.`);
    return { id, outputs: { ...plain, ...this.outputs(result) } };
  }

  async read(resource: ResourceRef, known: Known, run: Run): Promise<Known | undefined> {
    const result = await callWorld(
      `${this.service}.read`,
      { ...this.context(), token: resource.type, id: known.id },
      run.signal,
    );
    if (!isObject(result)) return undefined;
    const inputs = isObject(result.inputs) ? result.inputs : known.inputs;
    return {
      id: known.id,
      inputs: withMarks(inputs, known.inputs),
      outputs: { ...plainInputs(inputs), ...this.outputs(result) },
    };
  }

  async update(resource: ResourceRef, known: Known, news: Properties, run: Run): Promise<Properties> {
    const plain = plainInputs(news);
    if (run.preview) return previewOutputs(known, plain);
    const result = await this.call("update", { token: resource.type, id: known.id, inputs: plain }, run);
    return { ...plain, ...this.outputs(result) };
  }

  async delete(resource: ResourceRef, known: Known, run: Run): Promise<void> {
    await callWorld(`${this.service}.delete`, { ...this.context(), token: resource.type, id: known.id }, run.signal);
  }

  private async call(method: string, params: Properties, run: Run): Promise<Properties> {
    const result = await callWorld(`${this.service}.${method}`, { ...this.context(), ...params }, run.signal);
    return isObject(result) ? result : {};
  }

  private outputs(result: Properties): Properties {
    return isObject(result.outputs) ? result.outputs : {};
  }
}
