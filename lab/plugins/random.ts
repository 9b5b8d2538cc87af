import { RandomProvider } from "./random/provider";
import { serve } from "./protocol/serve";

void serve(new RandomProvider());
