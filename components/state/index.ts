export { type Attempt, attemptAt } from "./attempt";
export { Held } from "./held";
export { lifelongMistakes, secretsHeld } from "./lifelong";
export { readHeld } from "./read";
