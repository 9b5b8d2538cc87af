/** The tailnet's policy file. */
import { createHash } from "node:crypto";
import { isObject, listAt, objectAt } from "../json";
import type { JsonObject } from "../json";
import type { SiteRequest, SiteResponse } from "../world";
import type { TailnetStore } from "./store";

const SECTIONS = [
  "acls",
  "attrConfig",
  "autoApprovers",
  "derpMap",
  "disableIPv4",
  "extraDNSRecords",
  "grants",
  "groups",
  "hosts",
  "ipsets",
  "nodeAttrs",
  "postures",
  "randomizeClientPort",
  "ssh",
  "sshTests",
  "tagOwners",
  "tests",
];

export async function answerPolicy(store: TailnetStore, request: SiteRequest, rest: string): Promise<SiteResponse> {
  if (request.method === "GET" && rest === "acl") return show(store);
  if (request.method !== "POST") return { status: 405, body: { message: "method not allowed" } };
  const parsed = parsePolicy(request.body);
  const mistake = typeof parsed === "string" ? parsed : policyMistake(parsed);
  if (rest === "acl/validate") return { status: 200, body: mistake === undefined ? {} : { message: mistake } };
  if (typeof parsed === "string" || mistake !== undefined) return { status: 400, body: { message: mistake } };
  const expected = request.headers["if-match"];
  if (expected !== undefined && expected !== etag(store.policy())) {
    return { status: 412, body: { message: "precondition failed, invalid old hash" } };
  }
  const refusal = await store.setPolicy(parsed);
  return refusal === undefined ? show(store) : { status: 400, body: { message: refusal } };
}

const show = (store: TailnetStore): SiteResponse => ({
  status: 200,
  headers: { etag: etag(store.policy()), "content-type": "application/json" },
  body: JSON.stringify(store.policy(), undefined, 2),
});

const etag = (policy: JsonObject): string => `"${createHash("sha256").update(JSON.stringify(policy)).digest("hex")}"`;

/** HuJSON is JSON with comments and trailing commas. Texts are kept as they are, since `//` also stands in URLs. */
function parsePolicy(text: string): JsonObject | string {
  const plain = text
    .replace(/("(?:\\.|[^"\\])*")|\/\/[^\n]*|\/\*[\s\S]*?\*\//g, (_match, kept: string | undefined) => kept ?? "")
    .replace(
      /("(?:\\.|[^"\\])*")|,(\s*[}\]])/g,
      (_match, kept: string | undefined, end: string | undefined) => kept ?? end ?? "",
    );
  try {
    const policy: unknown = JSON.parse(plain);
    return isObject(policy) ? policy : "policy file must be an object";
  } catch (error) {
    return `parsing policy file: ${error instanceof Error ? error.message : String(error)}`;
  }
}

function policyMistake(policy: JsonObject): string | undefined {
  const unknown = Object.keys(policy).find((section) => !SECTIONS.includes(section));
  if (unknown !== undefined) return `json: unknown field "${unknown}"`;
  const owned = new Set(Object.keys(objectAt(policy, "tagOwners")));
  for (const grant of [...listAt(policy, "grants"), ...listAt(policy, "acls")]) {
    const ends = [...listAt(grant, "src"), ...listAt(grant, "dst")].filter((end) => typeof end === "string");
    const tags = ends.map((end) => /^tag:[A-Za-z0-9-]+/.exec(end)?.[0]).filter((tag) => tag !== undefined);
    const missing = tags.find((tag) => !owned.has(tag));
    if (missing !== undefined) return `tag not found: "${missing}"`;
  }
  return undefined;
}
