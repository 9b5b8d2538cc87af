export { cacheStackTraces } from "./stackTraces";
