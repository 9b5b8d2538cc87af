/** The tailnet that headscale keeps, behind the API that the program asks. */
import { isUsable, expirySecondsOf } from "../../tailnet/keys";
import { FIRST_POLICY } from "../../tailnet/store";
import type { DeviceView, KeyRequest, TailnetKey, TailnetStore } from "../../tailnet/store";
import type { JsonObject } from "../../json";
import { timestamp } from "../../sim/sim";
import { JsonStore } from "../../state";
import type { NetnsLab } from "../lab";
import { HeadscaleError } from "./headscaleApi";
import type { HeadscaleApi, HeadscaleNode } from "./headscaleApi";
import { TAILNET_DOMAIN } from "./headscaleServer";
import { headscalePolicy, MACHINE_USER } from "./policy";

/** What headscale has no place for. */
interface Notes {
  version: 1;
  /** Headscale has been told the policy. */
  isTold: boolean;
  tokens: Record<string, number>;
  /** As the program wrote it. */
  policy: JsonObject;
  /** By the API's id. */
  keys: Record<string, TailnetKey>;
}

/** Date that Tailscale gives for "never". */
const NEVER = "0001-01-01T00:00:00Z";

export class HeadscaleTailnet implements TailnetStore {
  private readonly notes: JsonStore<Notes>;
  private user = "";

  constructor(
    lab: NetnsLab,
    private readonly api: HeadscaleApi,
  ) {
    this.notes = JsonStore.open<Notes>(lab.path("tailnet", "notes.json"), {
      version: 1,
      isTold: false,
      tokens: {},
      policy: structuredClone(FIRST_POLICY),
      keys: {},
    });
  }

  /** Makes the user that machines belong to and tells headscale the first policy. */
  async ensure(): Promise<void> {
    this.user = await this.api.ensureUser(MACHINE_USER);
    if (this.notes.data.isTold) return;
    await this.api.setPolicy(JSON.stringify(headscalePolicy(this.policy())));
    this.notes.data.isTold = true;
    this.notes.flush();
  }

  addToken(token: string, expires: number): void {
    this.notes.data.tokens[token] = expires;
    this.notes.flush();
  }

  isToken(token: string): boolean {
    return (this.notes.data.tokens[token] ?? 0) > Date.now();
  }

  policy(): JsonObject {
    return this.notes.data.policy;
  }

  async setPolicy(policy: JsonObject): Promise<string | undefined> {
    try {
      await this.api.setPolicy(JSON.stringify(headscalePolicy(policy)));
    } catch (error) {
      if (!(error instanceof HeadscaleError) || error.isDown) throw error;
      return error.message;
    }
    this.notes.data.policy = policy;
    this.notes.flush();
    return undefined;
  }

  async keys(): Promise<TailnetKey[]> {
    const keys = Object.values(this.notes.data.keys);
    if (keys.length === 0) return [];
    const used = new Set((await this.api.keys(this.user)).filter((key) => key.used).map((key) => key.key));
    return keys.map((key) => ({ ...key, used: used.has(key.secret) }));
  }

  /** Every machine is authorized at once: headscale knows no approval. */
  async createKey(request: KeyRequest): Promise<TailnetKey> {
    const { description, reusable, ephemeral, preauthorized, tags } = request;
    const created = Date.now();
    const expires = created + expirySecondsOf(request) * 1000;
    const made = await this.api.createKey(this.user, { reusable, ephemeral, expires, tags });
    const id = `k${made.id}LabCNTRL`;
    const key = {
      id,
      secret: made.key,
      description,
      created,
      expires,
      reusable,
      ephemeral,
      preauthorized,
      tags,
      used: false,
    };
    this.notes.data.keys[id] = key;
    this.notes.flush();
    return key;
  }

  async revokeKey(id: string): Promise<void> {
    const key = this.notes.data.keys[id];
    if (!key) return;
    if (isUsable(key)) await this.api.expireKey(this.user, key.secret);
    key.revoked ??= Date.now();
    this.notes.flush();
  }

  async devices(): Promise<DeviceView[]> {
    // The operator's own device is the lab's business.
    return (await this.api.nodes()).filter(({ user }) => user.id === this.user).map(view);
  }

  async deleteDevice(nodeId: string): Promise<void> {
    await this.api.deleteNode(numberOf(nodeId));
  }

  authorizeDevice(_nodeId: string, authorized: boolean): Promise<void> {
    return authorized
      ? Promise.resolve()
      : Promise.reject(new Error("Headscale does not take a device's authorization back."));
  }

  /** Keys of machines do not expire in headscale unless they ask for it. */
  disableKeyExpiry(): Promise<void> {
    return Promise.resolve();
  }

  setTags(nodeId: string, tags: string[]): Promise<void> {
    return this.api.setTags(numberOf(nodeId), tags);
  }
}

const nodeIdOf = (number: string): string => `n${number}LabCNTRL`;
const numberOf = (nodeId: string): string => /^n(\d+)LabCNTRL$/.exec(nodeId)?.[1] ?? nodeId;

const view = (node: HeadscaleNode): DeviceView => ({
  addresses: node.ipAddresses,
  id: node.id,
  nodeId: nodeIdOf(node.id),
  user: "tagged-devices",
  name: `${node.givenName}.${TAILNET_DOMAIN}`,
  hostname: node.name,
  updateAvailable: false,
  os: "linux",
  created: timestamp(node.created),
  connectedToControl: node.online,
  lastSeen: timestamp(node.online ? Date.now() : node.lastSeen),
  keyExpiryDisabled: true,
  expires: NEVER,
  authorized: true,
  isExternal: false,
  isEphemeral: node.ephemeral,
  blocksIncomingConnections: false,
  tags: node.tags,
  enabledRoutes: [],
  advertisedRoutes: [],
});
