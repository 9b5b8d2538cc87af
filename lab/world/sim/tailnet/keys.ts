import type { TailnetKey } from "../model";
import { randomText, timestamp } from "../sim";
import type { Sim } from "../sim";
import { isUsable, unownedTags } from "./devices";

const LONGEST_SECONDS = 90 * 86_400;

export interface KeyRequest {
  description: string;
  expirySeconds?: number;
  reusable: boolean;
  ephemeral: boolean;
  preauthorized: boolean;
  tags: string[];
}

/** @returns the key, or why Tailscale makes none. */
export function createKey(sim: Sim, request: KeyRequest): TailnetKey | string {
  if (request.description.length > 50 || /[^A-Za-z0-9 -]/.test(request.description)) {
    return "description must be 50 characters or fewer and contain only alphanumeric characters, hyphens, and spaces";
  }
  const seconds = request.expirySeconds ?? LONGEST_SECONDS;
  if (seconds < 1 || seconds > LONGEST_SECONDS) return "expirySeconds must be between 1 and 7776000";
  const unowned = unownedTags(sim, request.tags);
  if (unowned.length > 0) return `requested tags [${unowned.join(" ")}] are invalid or not permitted`;
  const id = `k${randomText(11)}CNTRL`;
  const now = Date.now();
  const key: TailnetKey = {
    id,
    secret: `tskey-auth-${id}-${randomText(32)}`,
    description: request.description,
    created: now,
    expires: now + seconds * 1000,
    reusable: request.reusable,
    ephemeral: request.ephemeral,
    preauthorized: request.preauthorized,
    tags: request.tags,
    used: false,
  };
  sim.state.tailnet.keys[id] = key;
  sim.changed();
  return key;
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
