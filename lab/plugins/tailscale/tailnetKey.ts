import { isObject, objectAt, type Properties, stringList, text, type Value } from "../protocol/values";
import type { TailscaleApi } from "./api";
import type { TailscaleResource } from "./resource";

/** TailnetKey. A key cannot be changed, only made anew. */
export function tailnetKey(api: TailscaleApi): TailscaleResource {
  return {
    replaces: ["*"],
    updates: ["recreateIfInvalid"],

    create: async (inputs) => {
      const create = {
        reusable: inputs.reusable === true,
        ephemeral: inputs.ephemeral === true,
        preauthorized: inputs.preauthorized === true,
        tags: stringList(inputs.tags),
      };
      const body = {
        capabilities: { devices: { create } },
        ...(typeof inputs.expiry === "number" && { expirySeconds: inputs.expiry }),
        description: text(inputs, "description") ?? "",
      };
      const answer = answerOf((await api.request("POST", "keys", { body })).body);
      const id = text(answer, "id");
      const key = text(answer, "key");
      if (!id || !key) throw new Error("Tailscale's API gave no key in its answer.");
      return { id, outputs: { ...inputs, key, ...described(answer) } };
    },

    read: async (known) => {
      const { status, body } = await api.request("GET", `keys/${encodeURIComponent(known.id)}`, { accepted: [404] });
      if (status === 404) return undefined;
      const answer = answerOf(body);
      // A one-shot key is invalid once it was used, and has done its work; a reusable one that is invalid has to be made anew.
      const wanted = text(known.inputs, "recreateIfInvalid") ?? (known.inputs.reusable === true ? "always" : "never");
      if (answer.invalid === true && wanted === "always") return undefined;
      return { ...known, outputs: { ...known.outputs, ...described(answer) } };
    },

    update: (known, news) => Promise.resolve({ ...known.outputs, ...news }),

    delete: async (known) => {
      await api.request("DELETE", `keys/${encodeURIComponent(known.id)}`, { accepted: [404] });
    },
  };
}

function answerOf(body: unknown): Properties {
  return isObject(body) ? body : {};
}

function described(answer: Properties): Properties {
  const given: [string, Value | undefined][] = [
    ["createdAt", answer.created],
    ["expiresAt", answer.expires],
    ["userId", answer.userId],
    ["invalid", answer.invalid ?? objectAt(answer, "key").invalid ?? false],
  ];
  return Object.fromEntries(given.filter((entry): entry is [string, Value] => entry[1] !== undefined));
}
