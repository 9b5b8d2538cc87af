import { BridgedProvider } from "./bridged";
import { serve } from "./protocol/serve";

void serve(new BridgedProvider());
