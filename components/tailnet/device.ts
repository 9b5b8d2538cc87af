import * as pulumi from "@pulumi/pulumi";
import { DynamicResource } from "../dynamic";
import { createDeviceProvider } from "./deviceProvider";

const deviceProvider = createDeviceProvider();

export interface TailnetDeviceArgs {
  /** Host name that the machine joins with. */
  hostname: string;
  /** Incarnation of the machine's key; another one is another device. */
  incarnation: pulumi.Input<string>;
  /** Identity of the machine; another machine is another device. */
  machineId: pulumi.Input<string>;
  /** How long the machine may take to join, minutes. */
  joinTimeoutMinutes: number;
  /** Tag that the device must carry. @default any */
  tag?: string;
  /**
   * Time of the auth key's creation (`NodeKey.createdAt`), RFC 3339. Devices of the same host name that joined before it are those of
   * earlier machines. @default whatever was seen in the last ten minutes is taken
   */
  notBefore?: pulumi.Input<string>;
}

/**
 * The device that a machine becomes in the tailnet: there as soon as the machine has joined, deleted together with it, so that no dead
 * device keeps the machine's name.
 */
export class TailnetDevice extends DynamicResource {
  /** Address in 100.64.0.0/10. */
  declare readonly address: pulumi.Output<string>;
  /** The device's `nodeId`. */
  declare readonly deviceId: pulumi.Output<string>;
  /** MagicDNS name. */
  declare readonly dnsName: pulumi.Output<string>;

  constructor(name: string, args: TailnetDeviceArgs, opts?: pulumi.CustomResourceOptions) {
    const outputs = { address: undefined, deviceId: undefined, dnsName: undefined };
    super(deviceProvider, name, { ...args, ...outputs }, opts, "tailnet", "TailnetDevice");
  }
}
