export { type Attempt, attemptAt } from "./attempt";
export { Held } from "./held";
export { isEstablished, lifelongMistakes, secretsHeld } from "./lifelong";
export { readHeld } from "./read";
