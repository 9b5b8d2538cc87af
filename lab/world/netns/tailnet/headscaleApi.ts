/** Headscale's gRPC API over its unix socket, as far as the lab needs it. Field numbers are those of headscale 0.26. */
import * as grpc from "@grpc/grpc-js";
import protobuf from "protobufjs";

const MESSAGES = `
syntax = "proto3";
message Timestamp { int64 seconds = 1; int32 nanos = 2; }
message User { uint64 id = 1; string name = 2; }
message CreateUserRequest { string name = 1; }
message CreateUserResponse { User user = 1; }
message ListUsersRequest {}
message ListUsersResponse { repeated User users = 1; }
message PreAuthKey { uint64 id = 2; string key = 3; bool used = 6; Timestamp expiration = 7; Timestamp created_at = 8; }
message CreatePreAuthKeyRequest { uint64 user = 1; bool reusable = 2; bool ephemeral = 3; Timestamp expiration = 4; repeated string acl_tags = 5; }
message CreatePreAuthKeyResponse { PreAuthKey pre_auth_key = 1; }
message ExpirePreAuthKeyRequest { uint64 user = 1; string key = 2; }
message ExpirePreAuthKeyResponse {}
message ListPreAuthKeysRequest { uint64 user = 1; }
message ListPreAuthKeysResponse { repeated PreAuthKey pre_auth_keys = 1; }
message NodeKey { bool ephemeral = 5; }
message Node {
  uint64 id = 1;
  repeated string ip_addresses = 5;
  string name = 6;
  User user = 7;
  Timestamp last_seen = 8;
  Timestamp expiry = 10;
  NodeKey pre_auth_key = 11;
  Timestamp created_at = 12;
  repeated string forced_tags = 18;
  repeated string valid_tags = 20;
  string given_name = 21;
  bool online = 22;
}
message ListNodesRequest { string user = 1; }
message ListNodesResponse { repeated Node nodes = 1; }
message DeleteNodeRequest { uint64 node_id = 1; }
message DeleteNodeResponse {}
message SetTagsRequest { uint64 node_id = 1; repeated string tags = 2; }
message SetTagsResponse { Node node = 1; }
message SetPolicyRequest { string policy = 1; }
message SetPolicyResponse { string policy = 1; }
`;

const TIMEOUT_MS = 10_000;

/** Headscale's own ids are decimal text: they have 64 bits. */
export interface HeadscaleNode {
  id: string;
  ipAddresses: string[];
  /** Host name that it joined with. */
  name: string;
  /** Unique. */
  givenName: string;
  user: { id: string; name: string };
  lastSeen: number;
  created: number;
  ephemeral: boolean;
  tags: string[];
  online: boolean;
}

export interface HeadscaleKey {
  id: string;
  key: string;
  used: boolean;
}

/** A refusal of headscale, or nobody answers. */
export class HeadscaleError extends Error {
  constructor(
    readonly isDown: boolean,
    message: string,
  ) {
    super(message);
    this.name = "HeadscaleError";
  }
}

interface Time {
  seconds: string;
  nanos: number;
}

interface RawNode extends Omit<HeadscaleNode, "lastSeen" | "created" | "ephemeral" | "tags"> {
  lastSeen: Time | null;
  createdAt: Time | null;
  preAuthKey: { ephemeral: boolean } | null;
  forcedTags: string[];
  validTags: string[];
}

export class HeadscaleApi {
  private readonly root = protobuf.parse(MESSAGES).root;
  private readonly client: grpc.Client;

  constructor(socket: string) {
    this.client = new grpc.Client(`unix:${socket}`, grpc.credentials.createInsecure(), { "grpc.enable_http_proxy": 0 });
  }

  /** @returns the user's id */
  async ensureUser(name: string): Promise<string> {
    const { users } = await this.call<{ users: { id: string; name: string }[] }>("ListUsers", {});
    const found = users.find((user) => user.name === name);
    return found?.id ?? (await this.call<{ user: { id: string } }>("CreateUser", { name })).user.id;
  }

  async createKey(
    user: string,
    wanted: { reusable: boolean; ephemeral: boolean; expires: number; tags: string[] },
  ): Promise<HeadscaleKey> {
    const { reusable, ephemeral, tags } = wanted;
    const expiration = { seconds: Math.floor(wanted.expires / 1000), nanos: (wanted.expires % 1000) * 1_000_000 };
    const request = { user, reusable, ephemeral, expiration, aclTags: tags };
    return (await this.call<{ preAuthKey: HeadscaleKey }>("CreatePreAuthKey", request)).preAuthKey;
  }

  async keys(user: string): Promise<HeadscaleKey[]> {
    return (await this.call<{ preAuthKeys: HeadscaleKey[] }>("ListPreAuthKeys", { user })).preAuthKeys;
  }

  async expireKey(user: string, key: string): Promise<void> {
    await this.call("ExpirePreAuthKey", { user, key });
  }

  async nodes(): Promise<HeadscaleNode[]> {
    const { nodes } = await this.call<{ nodes: RawNode[] }>("ListNodes", {});
    return nodes.map(({ id, ipAddresses, name, givenName, user, online, ...raw }) => ({
      id,
      ipAddresses,
      name,
      givenName,
      user,
      online,
      lastSeen: milliseconds(raw.lastSeen),
      created: milliseconds(raw.createdAt),
      ephemeral: raw.preAuthKey?.ephemeral ?? false,
      tags: [...new Set([...raw.forcedTags, ...raw.validTags])],
    }));
  }

  async deleteNode(nodeId: string): Promise<void> {
    await this.call("DeleteNode", { nodeId });
  }

  async setTags(nodeId: string, tags: string[]): Promise<void> {
    await this.call("SetTags", { nodeId, tags });
  }

  async setPolicy(policy: string): Promise<void> {
    await this.call("SetPolicy", { policy });
  }

  close(): void {
    this.client.close();
  }

  private call<T>(method: string, request: object): Promise<T> {
    const input = this.root.lookupType(`${method}Request`);
    const output = this.root.lookupType(`${method}Response`);
    return new Promise((resolve, reject) => {
      this.client.makeUnaryRequest<object, object>(
        `/headscale.v1.HeadscaleService/${method}`,
        (message) => Buffer.from(input.encode(input.fromObject(message)).finish()),
        (bytes) => output.toObject(output.decode(bytes), { longs: String, defaults: true, arrays: true }),
        request,
        { deadline: Date.now() + TIMEOUT_MS },
        (error, answer) => {
          if (!error) resolve(answer as T);
          else reject(new HeadscaleError(isDown(error.code), `headscale, ${method}: ${error.details}`));
        },
      );
    });
  }
}

const isDown = (code: grpc.status): boolean =>
  code === grpc.status.UNAVAILABLE || code === grpc.status.DEADLINE_EXCEEDED;

const milliseconds = (time: Time | null): number =>
  time === null ? 0 : Number(time.seconds) * 1000 + Math.floor(time.nanos / 1_000_000);
