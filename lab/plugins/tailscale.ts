import { TailscaleProvider } from "./tailscale/provider";
import { serve } from "./protocol/serve";

void serve(new TailscaleProvider());
