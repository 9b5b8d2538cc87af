import { ConfigMistake, parseStackConfig } from "../../components/config";

type Raw = Record<string, unknown>;

/** A good edge node, changed as asked. */
export const node = (change: Raw = {}): Raw => ({
  name: "talos-edge-1",
  mac: "52:54:00:00:02:01",
  ip: "10.0.20.10",
  ...change,
});

/** A good site, changed as asked. */
export const site = (change: Raw = {}): Raw => ({ name: "edge", nodes: [node()], ...change });

/** A good configuration with the cloud part and a site whose only node, whose site or whose cloud part is changed as asked. */
export const withNode = (change: Raw): Raw => ({ cloud: {}, sites: [site({ nodes: [node(change)] })] });
export const withSite = (change: Raw): Raw => ({ cloud: {}, sites: [site(change)] });
export const withCloud = (change: Raw): Raw => ({ cloud: change });
export const withCluster = (change: Raw): Raw => ({ cloud: {}, cluster: change });

export function mistakesIn(raw: unknown, secretKeys?: ReadonlySet<string>): string[] {
  try {
    parseStackConfig(raw as Raw, secretKeys);
    return [];
  } catch (error) {
    if (error instanceof ConfigMistake) return error.mistakes;
    throw error;
  }
}
