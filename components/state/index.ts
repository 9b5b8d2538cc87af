export { type Attempt, attemptAt, heldKeys } from "./attempt";
export { Held } from "./held";
export { isEstablished, lifelongMistakes, secretsHeld } from "./lifelong";
export { readHeld } from "./read";
