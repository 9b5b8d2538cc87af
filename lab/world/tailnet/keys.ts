/** Auth keys: which ones the tailnet makes, and how the API shows them. */
import { textsIn } from "../json";
import type { JsonObject } from "../json";
import { timestamp } from "../sim/sim";
import type { KeyRequest, TailnetKey } from "./store";

const LONGEST_SECONDS = 90 * 86_400;

export const expirySecondsOf = (request: KeyRequest): number => request.expirySeconds ?? LONGEST_SECONDS;

export const isUsable = (key: TailnetKey): boolean =>
  key.revoked === undefined && Date.now() < key.expires && (key.reusable || !key.used);

/** Why Tailscale makes no such key, if it does not. */
export function keyMistake(request: KeyRequest, policy: JsonObject): string | undefined {
  if (request.description.length > 50 || /[^A-Za-z0-9 -]/.test(request.description)) {
    return "description must be 50 characters or fewer and contain only alphanumeric characters, hyphens, and spaces";
  }
  const seconds = expirySecondsOf(request);
  if (seconds < 1 || seconds > LONGEST_SECONDS) return "expirySeconds must be between 1 and 7776000";
  // A tag that the policy gives no owner to does not exist.
  const unowned = request.tags.filter((tag) => textsIn(policy, "tagOwners", tag).length === 0);
  return unowned.length > 0 ? `requested tags [${unowned.join(" ")}] are invalid or not permitted` : undefined;
}

/** A key as the API shows it: without the secret, which is given once, when it is made. */
export function showKey(key: TailnetKey): object {
  return {
    id: key.id,
    keyType: "auth",
    description: key.description,
    created: timestamp(key.created),
    expires: timestamp(key.expires),
    expirySeconds: Math.round((key.expires - key.created) / 1000),
    ...(key.revoked !== undefined && { revoked: timestamp(key.revoked) }),
    ...(!isUsable(key) && { invalid: true }),
    capabilities: {
      devices: {
        create: { reusable: key.reusable, ephemeral: key.ephemeral, preauthorized: key.preauthorized, tags: key.tags },
      },
    },
    userId: "uLabCNTRL",
  };
}
