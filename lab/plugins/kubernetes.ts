import { KubernetesProvider } from "./kubernetes/provider";
import { serve } from "./protocol/serve";

void serve(new KubernetesProvider());
