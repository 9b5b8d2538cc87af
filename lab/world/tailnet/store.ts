/** What stands behind the tailnet's API: the simulation's memory, or a coordination server that runs. */
import type { JsonObject } from "../json";

export interface TailnetStore {
  /** Access tokens of OAuth clients. */
  addToken(token: string, expires: number): void;
  isToken(token: string): boolean;

  policy(): JsonObject;
  /** @returns why the coordination server does not take it, if it does not */
  setPolicy(policy: JsonObject): Promise<string | undefined>;

  keys(): Promise<TailnetKey[]>;
  /** The request is one that the tailnet takes. */
  createKey(request: KeyRequest): Promise<TailnetKey>;
  revokeKey(id: string): Promise<void>;

  devices(): Promise<DeviceView[]>;
  deleteDevice(nodeId: string): Promise<void>;
  authorizeDevice(nodeId: string, authorized: boolean): Promise<void>;
  disableKeyExpiry(nodeId: string, disabled: boolean): Promise<void>;
  setTags(nodeId: string, tags: string[]): Promise<void>;
}

export interface TailnetKey {
  id: string;
  /** What a machine logs in with. */
  secret: string;
  description: string;
  created: number;
  expires: number;
  reusable: boolean;
  ephemeral: boolean;
  preauthorized: boolean;
  tags: string[];
  used: boolean;
  revoked?: number;
}

export interface KeyRequest {
  description: string;
  /** @default the longest */
  expirySeconds?: number;
  reusable: boolean;
  ephemeral: boolean;
  preauthorized: boolean;
  tags: string[];
}

/** A device as the API shows it; the fields that the program reads are named. */
export interface DeviceView extends JsonObject {
  /** The older, numeric id. */
  id: string;
  nodeId: string;
}

/** The policy as a new tailnet has it, plus owners for the tags that the program's defaults use. */
export const FIRST_POLICY = {
  tagOwners: {
    "tag:k8s-control-plane": ["autogroup:admin"],
    "tag:k8s-worker": ["autogroup:admin"],
    "tag:k8s-edge": ["autogroup:admin"],
  },
  grants: [{ src: ["*"], dst: ["*"], ip: ["*"] }],
};
