export { bench } from "./bench";
