import { loadStackConfig } from "./components/config";
import { clusterStack, dropDebugMessages } from "./components/stack";

dropDebugMessages();

export = () => clusterStack(loadStackConfig());
