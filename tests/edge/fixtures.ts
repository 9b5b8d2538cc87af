/** Seed values: the cluster and site of the deployment guide. */
import { clusterSchema, siteSchema, type ClusterConfig, type SiteConfig } from "../../components/config/schema";

export const cluster: ClusterConfig = clusterSchema.parse({});

const node = { name: "talos-edge-1", mac: "52:54:00:00:02:01", ip: "10.0.20.10" };

/** The guide's site, with what a test changes. */
export function site(changes: Record<string, unknown> = {}, nodes: Record<string, unknown>[] = [{}]): SiteConfig {
  return siteSchema.parse({ name: "edge", ...changes, nodes: nodes.map((changed) => ({ ...node, ...changed })) });
}
