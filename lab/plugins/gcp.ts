import { GcpProvider } from "./gcp/provider";
import { serve } from "./protocol/serve";

void serve(new GcpProvider());
