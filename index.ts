import { loadStackConfig } from "./components/config";
import { clusterStack } from "./components/stack";
import { cacheStackTraces } from "./components/traces";

export = () => {
  cacheStackTraces();
  return clusterStack(loadStackConfig());
};
