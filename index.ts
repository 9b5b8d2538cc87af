import { loadStackConfig } from "./components/config";
import { clusterStack, dropDebugMessages } from "./components/stack";
import { cacheStackTraces } from "./components/traces";

export = () => {
  dropDebugMessages();
  cacheStackTraces();
  return clusterStack(loadStackConfig());
};
