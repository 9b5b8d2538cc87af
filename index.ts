import { loadStackConfig } from "./components/config";
import { clusterStack } from "./components/stack";

export = () => clusterStack(loadStackConfig());
