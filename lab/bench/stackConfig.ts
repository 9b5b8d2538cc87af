/** The config of a cluster with many edge nodes. Pure. */

/** A site is a LAN of a /24 on a KVM host of its own. */
const nodesPerSite = 200;

type Config = Record<string, unknown>;

/** A made-up key of the lab's own tailnet. */
export const credentials: Config = {
  "tailscale:apiKey": "tskey-api-lab",
  "tailscale:tailnet": "lab.example",
};

/** One control plane and one worker in the cloud, and `count` edge nodes at as few sites as hold them. */
export function edgeNodes(count: number): Config {
  const sites = Math.ceil(count / nodesPerSite);
  return {
    ...credentials,
    "gcp:project": "lab-project",
    "gcp:region": "europe-west3",
    // Each node takes a /24 of the pods' addresses, and the default range has 256 of them.
    "talos-cloud-edge:cluster": { name: "bench", podCidr: "10.64.0.0/12" },
    "talos-cloud-edge:cloud": { region: "europe-west3", controlPlanes: { count: 1 }, workers: { count: 1 } },
    "talos-cloud-edge:sites": Array.from({ length: sites }, (_, site) => ({
      name: `site${site + 1}`,
      cidr: `10.20.${site}.0/24`,
      host: `root@kvm${site + 1}.lab`,
      nodes: Array.from({ length: Math.min(nodesPerSite, count - site * nodesPerSite) }, (__, node) => ({
        name: `edge-${site + 1}-${node + 1}`,
        mac: `52:54:00:00:${hex(site)}:${hex(node)}`,
        ip: `10.20.${site}.${node + 10}`,
      })),
    })),
  };
}

function hex(byte: number): string {
  return byte.toString(16).padStart(2, "0");
}
