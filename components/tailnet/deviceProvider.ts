/** Create, read, update and delete of a tailnet device. Serialised by Pulumi: see components/http/request.ts. */
import type * as pulumi from "@pulumi/pulumi";
import { listAt } from "../http/json";
import { isUnreachable, sleep } from "../http/request";
import { accessSettings, authorize, refusal, type TailnetAccess, tailnetAccess, tailnetRequest } from "./api";
import {
  type Device,
  joinedDevices,
  joinFailure,
  joinState,
  type JoinState,
  parseDevice,
  tailnetAddress,
  unmetBy,
} from "./deviceJoin";

export interface DeviceInputs {
  hostname: string;
  incarnation: string;
  machineId: string;
  joinTimeoutMinutes: number;
  tag?: string;
  notBefore?: string;
  /** Pulumi's own: the code of this provider. */
  __provider?: string;
}

export interface DeviceState extends DeviceInputs {
  /** `""` where it is not known yet. */
  deviceId: string;
  address: string;
  dnsName: string;
}

/** Tailscale's access tokens are good for an hour, and a node may take longer. */
const tokenMs = 50 * 60_000;

/** A pause between looks at the tailnet: a second at first, ten seconds in the end. */
function pauseMs(look: number): number {
  return Math.min(10_000, 1000 * 1.3 ** look);
}

function devicePath(id: string): string {
  return `/api/v2/device/${encodeURIComponent(id)}`;
}

function stateOf(inputs: DeviceInputs, device: Device): DeviceState {
  return { ...inputs, deviceId: device.id, address: tailnetAddress(device), dnsName: device.name };
}

async function devicesOf(access: TailnetAccess, authorization: string): Promise<Device[]> {
  const path = `/api/v2/tailnet/${encodeURIComponent(access.tailnet)}/devices`;
  const answer = await tailnetRequest(access, authorization, "GET", path);
  if (answer.status !== 200) {
    throw new Error(`Tailscale does not list the tailnet's devices: ${refusal(answer)}.`);
  }
  return listAt(answer.body, "devices").map(parseDevice);
}

function wantedDevice(inputs: DeviceInputs): { hostname: string; tag: string; notBefore: string } {
  return { hostname: inputs.hostname, tag: inputs.tag ?? "", notBefore: inputs.notBefore ?? "" };
}

/**
 * Waits until the machine has joined. Where it has not in time, it is in the state all the same, with what is known of its device: the machine
 * may still join, and a destroy has to remove it.
 */
async function waitForDevice(config: Record<string, string | undefined>, inputs: DeviceInputs): Promise<DeviceState> {
  const access = tailnetAccess(config);
  let authorization = "";
  let authorizedAt = 0;
  const begin = Date.now();
  const deadline = begin + inputs.joinTimeoutMinutes * 60_000;
  let state: JoinState = {};
  let saidAt = begin;
  for (let look = 0; ; look++) {
    try {
      if (Date.now() - authorizedAt > tokenMs) {
        authorization = await authorize(access);
        authorizedAt = Date.now();
      }
      state = joinState(await devicesOf(access, authorization), wantedDevice(inputs), Date.now());
    } catch (error) {
      // Tailscale being out of reach for a while is no reason to give up on the machine.
      if (!isUnreachable(error)) {
        throw error;
      }
      if (state.missing === undefined) {
        state = { unseen: error.message };
      }
    }
    if (state.device !== undefined && state.missing === undefined) {
      return stateOf(inputs, state.device);
    }
    const now = Date.now();
    if (now >= deadline) {
      break;
    }
    if (now - saidAt >= 30_000) {
      saidAt = now;
      const minutes = ((now - begin) / 60_000).toFixed(1);
      console.log(
        `${inputs.hostname}: waiting for it to join the tailnet, ${minutes} of ${inputs.joinTimeoutMinutes} min (${state.missing ?? state.unseen ?? ""})`,
      );
    }
    await sleep(Math.min(pauseMs(look), deadline - now));
  }
  const message = joinFailure(wantedDevice(inputs), state, inputs.joinTimeoutMinutes);
  const { device } = state;
  throw Object.assign(new Error(message), {
    id: device?.id ?? `${inputs.hostname}-${inputs.incarnation}`,
    properties: device ? stateOf(inputs, device) : { ...inputs, deviceId: "", address: "", dnsName: "" },
    reasons: [message],
  });
}

export function createDeviceProvider(): pulumi.dynamic.ResourceProvider<DeviceInputs, DeviceState> {
  const config: Record<string, string | undefined> = {};
  return {
    configure: (req) => {
      for (const key of accessSettings) {
        config[key] = req.config.get(`tailscale:${key}`);
      }
      return Promise.resolve();
    },

    create: async (inputs) => {
      const state = await waitForDevice(config, inputs);
      return { id: state.deviceId, outs: state };
    },

    read: async (id, props) => {
      const deviceId = props?.deviceId ?? id;
      if (deviceId === "") {
        return { id, props };
      }
      const access = tailnetAccess(config);
      const answer = await tailnetRequest(access, await authorize(access), "GET", devicePath(deviceId));
      if (answer.status === 404) {
        return { id: "" };
      }
      if (answer.status !== 200) {
        throw new Error(`Tailscale does not show the device ${deviceId}: ${refusal(answer)}.`);
      }
      return { id, props: props === undefined ? undefined : stateOf(props, parseDevice(answer.body)) };
    },

    diff: (_id, olds, news) => {
      const replaces = (["hostname", "incarnation", "machineId"] as const).filter((key) => olds[key] !== news[key]);
      const updated = (["joinTimeoutMinutes", "__provider"] as const).some((key) => olds[key] !== news[key]);
      return Promise.resolve({ changes: replaces.length > 0 || updated, replaces, deleteBeforeReplace: true });
    },

    // Only a device whose joining went wrong is waited for again; the others just take over the new inputs. What was asked of the
    // device when its key was made (tag, time) stays.
    update: async (_id, olds, news) => {
      const access = tailnetAccess(config);
      const inputs = { ...news, tag: olds.tag, notBefore: olds.notBefore };
      if (olds.deviceId === "") {
        return { outs: await waitForDevice(config, inputs) };
      }
      const answer = await tailnetRequest(access, await authorize(access), "GET", devicePath(olds.deviceId));
      const device = parseDevice(answer.body);
      const usable = answer.status === 200 && unmetBy(device, olds.tag ?? "") === undefined;
      return { outs: usable ? stateOf(inputs, device) : await waitForDevice(config, inputs) };
    },

    delete: async (_id, props) => {
      const access = tailnetAccess(config);
      const authorization = await authorize(access);
      const ids =
        props.deviceId === ""
          ? joinedDevices(await devicesOf(access, authorization), wantedDevice(props), Date.now()).map(
              (device) => device.id,
            )
          : [props.deviceId];
      for (const deviceId of ids) {
        const answer = await tailnetRequest(access, authorization, "DELETE", devicePath(deviceId));
        if (answer.status !== 404 && (answer.status < 200 || answer.status > 299)) {
          throw new Error(`Tailscale does not delete the device ${deviceId}: ${refusal(answer)}.`);
        }
      }
    },
  };
}
