import type { TailnetConfig } from "../config/schema";

/**
 * The tailnet's policy: nodes reach each other as Kubernetes and Flannel need it, admins reach the two APIs, nothing else is open.
 * Its tests are run by Tailscale when the policy is saved.
 */
export function policyDocument(tailnet: TailnetConfig): object {
  const controlPlane = tailnet.tags.controlPlane;
  const workers = [...new Set([tailnet.tags.worker, tailnet.tags.edge])].filter((tag) => tag !== controlPlane);
  const nodes = [controlPlane, ...workers];
  const [adminTags, people] = [tailnet.admins.filter(isTag), tailnet.admins.filter((admin) => !isTag(admin))];
  return {
    // A key made by an OAuth client may carry a tag that the client's own tag owns, but not one out of several of the client's.
    tagOwners: {
      // A tag that no rule gives an owner does not exist.
      ...Object.fromEntries(adminTags.map((tag) => [tag, [...people, tailnet.tags.client]])),
      [tailnet.tags.client]: tailnet.admins,
      ...Object.fromEntries(nodes.map((tag) => [tag, [...tailnet.admins, tailnet.tags.client]])),
    },
    grants: [
      // Flannel's VXLAN, the kubelet, and ping for whoever looks for a fault.
      { src: nodes, dst: nodes, ip: ["udp:4789", "tcp:10250", "icmp:*"] },
      // The Kubernetes API, and Talos' trustd, from which workers get their certificates.
      { src: nodes, dst: [controlPlane], ip: ["tcp:6443", "tcp:50001"] },
      // Control planes pass calls of the Talos API on to the node that is meant.
      { src: [controlPlane], dst: nodes, ip: ["tcp:50000"] },
      // etcd, for control planes without a network of their own.
      { src: [controlPlane], dst: [controlPlane], ip: ["tcp:2379-2380"] },
      { src: tailnet.admins, dst: [controlPlane], ip: ["tcp:6443"] },
      { src: tailnet.admins, dst: nodes, ip: ["tcp:50000"] },
    ],
    tests: [
      ...workers.map((tag) => ({
        src: tag,
        accept: [`${controlPlane}:6443`, `${controlPlane}:50001`, ...nodes.map((node) => `${node}:10250`)],
        deny: [`${controlPlane}:2379`, `${controlPlane}:50000`],
      })),
      ...nodes.map((tag) => ({ src: tag, proto: "udp", accept: nodes.map((node) => `${node}:4789`) })),
      { src: controlPlane, accept: nodes.map((node) => `${node}:50000`), deny: workers.map((tag) => `${tag}:22`) },
    ],
  };
}

function isTag(name: string): boolean {
  return name.startsWith("tag:");
}
