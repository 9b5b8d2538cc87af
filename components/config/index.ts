export * from "./cidr";
export { loadStackConfig } from "./load";
export { ConfigMistake } from "./mistakes";
export { parseStackConfig } from "./parse";
export { bridgeMistakes } from "./rulesNames";
export * from "./schema";
export { userError } from "./userError";
