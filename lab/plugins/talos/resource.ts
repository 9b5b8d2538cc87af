import type { Difference, Failure, Known, Run } from "../protocol/provider";
import type { Properties } from "../protocol/values";
import type { ReplacementRules } from "../typedProvider";

/** One resource type of the Talos provider. Outputs are complete and unmarked; the provider marks secrets by the schema. */
export interface TalosResource {
  rules: ReplacementRules;
  /** What the schema cannot say about inputs. */
  refuse?(inputs: Properties): Failure[];
  /** Reasons for an update that are not in the inputs, such as a certificate that is about to end. */
  adjust?(known: Known, news: Properties, result: Difference): Difference;
  create(inputs: Properties, run: Run): Promise<{ id: string; outputs: Properties }>;
  update(known: Known, news: Properties, run: Run): Promise<Properties>;
  /** Reads a resource that is being imported. Without it, it cannot be. */
  adopt?(id: string): Promise<Known>;
}
