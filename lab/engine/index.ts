export { type Binaries, findBinaries } from "./binaries";
export { Console, duration } from "./console";
export { changedCount, type EngineEvent, type Outcome } from "./events";
export { installHome, labPlugins, type Plugin } from "./home";
export { LabFolder } from "./labFolder";
export { takeLock } from "./lock";
export { messageOf, Mistake } from "./mistake";
export { Progress } from "./progress";
export { Engine, type EngineOptions, type OnEvent } from "./pulumi";
