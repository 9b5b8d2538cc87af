/** The simulation's tailnet, behind the API that both worlds answer with. */
import { remove } from "../../json";
import { expirySecondsOf } from "../../tailnet/keys";
import type { TailnetKey, TailnetStore } from "../../tailnet/store";
import type { Device } from "../model";
import { randomText } from "../sim";
import type { Sim } from "../sim";
import { showDevice } from "./devices";

export function simTailnet(sim: Sim): TailnetStore {
  const { tailnet } = sim.state;
  const change = (carryOut: () => void): Promise<void> => {
    carryOut();
    sim.changed();
    return Promise.resolve();
  };
  const changeDevice = (nodeId: string, fields: Partial<Device>) =>
    change(() => Object.assign(tailnet.devices[nodeId] ?? {}, fields));
  return {
    addToken: (token, expires) => void change(() => (tailnet.tokens[token] = expires)),
    isToken: (token) => (tailnet.tokens[token] ?? 0) > Date.now(),
    policy: () => tailnet.policy,
    setPolicy: async (policy) => {
      await change(() => (tailnet.policy = policy));
      return undefined;
    },
    keys: () => Promise.resolve(Object.values(tailnet.keys)),
    createKey: async (request) => {
      const id = `k${randomText(11)}CNTRL`;
      const created = Date.now();
      const { description, reusable, ephemeral, preauthorized, tags } = request;
      const key: TailnetKey = {
        id,
        secret: `tskey-auth-${id}-${randomText(32)}`,
        description,
        created,
        expires: created + expirySecondsOf(request) * 1000,
        reusable,
        ephemeral,
        preauthorized,
        tags,
        used: false,
      };
      await change(() => (tailnet.keys[id] = key));
      return key;
    },
    revokeKey: (id) =>
      change(() => {
        const key = tailnet.keys[id];
        if (key) key.revoked ??= Date.now();
      }),
    devices: () => Promise.resolve(Object.values(tailnet.devices).map((device) => showDevice(sim, device))),
    deleteDevice: (nodeId) =>
      change(() => {
        remove(tailnet.devices, nodeId);
      }),
    authorizeDevice: (nodeId, authorized) => changeDevice(nodeId, { authorized }),
    disableKeyExpiry: (nodeId, keyExpiryDisabled) => changeDevice(nodeId, { keyExpiryDisabled }),
    setTags: (nodeId, tags) => changeDevice(nodeId, { tags }),
  };
}
