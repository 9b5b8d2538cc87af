import type { CloudConfig } from "../config/schema";
import type { CloudPlan } from "./cloudPlan";

/** An ingress rule that lets something in. What no rule names stays out: that is the VPC's own default. */
export interface IngressRule {
  /** Last part of the logical name. */
  key: string;
  name: string;
  description: string;
  sourceRanges: string[];
  /** Machines that it applies to; left out: all in the network. */
  targetTags?: string[];
  allows: { protocol: string; ports?: string[] }[];
}

/** Ports of the Talos API and the Kubernetes API. */
const operatorPorts = ["50000", "6443"];
/** Where tailscaled listens for WireGuard. */
const wireGuardPort = "41641";

/** The rules of the cloud network. With the default configuration nothing from outside the subnet gets in. */
export function ingressRules(plan: CloudPlan, cloud: CloudConfig): IngressRule[] {
  const { names, networkCidr, nodeTag, controlPlaneTag } = plan;
  return [
    {
      key: "allow-internal",
      name: names.internalRule,
      description: "Everything between the nodes of the subnet.",
      sourceRanges: [networkCidr],
      allows: [{ protocol: "all" }],
    },
    ...(cloud.operatorCidrs.length === 0
      ? []
      : [
          {
            key: "allow-operators",
            name: names.operatorRule,
            description: "Talos and Kubernetes API of the control planes, for operators outside the tailnet.",
            sourceRanges: cloud.operatorCidrs,
            targetTags: [controlPlaneTag],
            allows: [{ protocol: "tcp", ports: operatorPorts }],
          },
        ]),
    ...(cloud.directWireGuard
      ? [
          {
            key: "allow-wireguard",
            name: names.wireGuardRule,
            description: "WireGuard of the tailnet, so that edge nodes behind strict NAT get direct paths.",
            sourceRanges: ["0.0.0.0/0"],
            targetTags: [nodeTag],
            allows: [{ protocol: "udp", ports: [wireGuardPort] }],
          },
        ]
      : []),
  ];
}
