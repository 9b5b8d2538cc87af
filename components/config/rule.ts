import type { StackConfig } from "./schema";

/** Answers one sentence for each mistake that it finds. */
export type Rule = (config: StackConfig) => string[];
