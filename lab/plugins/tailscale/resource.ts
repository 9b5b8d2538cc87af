import type { Known } from "../protocol/provider";
import type { Properties } from "../protocol/values";
import type { ReplacementRules } from "../typedProvider";

/** One resource type of the Tailscale provider. */
export interface TailscaleResource extends ReplacementRules {
  create(inputs: Properties): Promise<{ id: string; outputs: Properties }>;
  read(known: Known): Promise<Known | undefined>;
  update(known: Known, news: Properties): Promise<Properties>;
  delete(known: Known): Promise<void>;
}
