import type { Diagnostic } from "typescript";
import { isDeepStrictEqual } from "node:util";
import { type Properties, text } from "../protocol/values";
import type { TailscaleApi } from "./api";
import type { TailscaleResource } from "./resource";

/** Acl: the tailnet's whole policy file. */
export function acl(api: TailscaleApi): TailscaleResource {
  const write = async (inputs: Properties, headers: Record<string, string> = {}) => {
    const body = await policy(text(inputs, "acl") ?? "{}");
    return api.request("POST", "acl", { body, headers, accepted: [412] });
  };
  return {
    replaces: [],

    create: async (inputs) => {
      // Tailscale knows its default policy by this tag; anything else is somebody's work.
      const careful: Record<string, string> = { "if-match": '"ts-default"' };
      const { status } = await write(inputs, inputs.overwriteExistingContent === true ? {} : careful);
      if (status === 412) {
        throw new Error(
          "The tailnet has a policy file already. Import it first (the id is `acl`), or set overwriteExistingContent to replace it.",
        );
      }
      return { id: "acl", outputs: inputs };
    },

    read: async (known) => {
      const { body } = await api.request("GET", "acl", { headers: { accept: "application/json" } });
      const recorded = text(known.inputs, "acl");
      const same = recorded !== undefined && isDeepStrictEqual(await policy(recorded), body);
      const content = { acl: same ? recorded : typeof body === "string" ? body : JSON.stringify(body, undefined, 2) };
      return { id: "acl", inputs: { ...known.inputs, ...content }, outputs: { ...known.outputs, ...content } };
    },

    update: async (_known, news) => {
      await write(news);
      return news;
    },

    delete: async (known) => {
      if (known.outputs.resetAclOnDestroy === true) await api.request("POST", "acl", { body: {} });
    },
  };
}

/** The policy as data. It may hold comments and trailing commas. */
async function policy(content: string): Promise<unknown> {
  try {
    return JSON.parse(content) as unknown;
  } catch {
    const { default: ts } = await import("typescript");
    const parsed: { config?: unknown; error?: Diagnostic } = ts.parseConfigFileTextToJson("policy.hujson", content);
    if (parsed.error) throw new Error(`acl: ${ts.flattenDiagnosticMessageText(parsed.error.messageText, " ")}`);
    return parsed.config;
  }
}
