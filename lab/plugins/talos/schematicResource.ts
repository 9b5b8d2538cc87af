import { parse } from "yaml";
import { requestJson } from "../../../components/http/request";
import { isObject, text, type Value } from "../protocol/values";
import type { TalosResource } from "./resource";

export const defaultFactoryUrl = "https://factory.talos.dev";

/** ImageFactorySchematic: the Factory knows a schematic from then on by the hash of its content, and never forgets it. */
export function imageFactorySchematic(factoryUrl: () => string): TalosResource {
  return {
    rules: { replaces: ["schematic"] },
    create: async (inputs, run) => {
      const schematic = parse(text(inputs, "schematic") ?? "") as Value;
      // JSON is YAML as well, which is what the Factory takes.
      const url = `${factoryUrl().replace(/\/$/, "")}/schematics`;
      const { status, body } = await requestJson({
        method: "POST",
        url,
        body: schematic ?? {},
        retry: { idempotent: true },
      });
      run.signal.throwIfAborted();
      const id = isObject(body) ? text(body, "id") : undefined;
      if (status >= 300 || !id) {
        throw new Error(`${url} answered ${status}: ${typeof body === "string" ? body.trim() : "no id in the answer"}`);
      }
      return { id, outputs: inputs };
    },
    update: (_known, news) => Promise.resolve(news),
  };
}
