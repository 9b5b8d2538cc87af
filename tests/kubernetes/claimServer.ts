import { type FakeServer, fakeServer, type Received, type Reply } from "../http/fakeServer";

export const claimsPath = "/api/v1/namespaces/kube-system/configmaps";
const one = `${claimsPath}/talos-cloud-edge-sites`;

interface ConfigMap {
  metadata: { name: string; resourceVersion: string; labels?: unknown };
  data?: Record<string, string>;
}

/** The part of a Kubernetes API that claims need, with its versions. */
export interface ClaimServer extends FakeServer {
  /** What is stored. */
  object: ConfigMap | undefined;
  /** Answers in place of the API where it gives an answer: `null` cuts the connection. */
  instead: ((request: Received) => Reply | null | undefined) | undefined;
}

export async function claimServer(): Promise<ClaimServer> {
  let version = 0;
  const fake = await fakeServer((request) => {
    const special = state.instead?.(request);
    return special === null ? undefined : (special ?? answer(request));
  });
  const state: ClaimServer = { ...fake, object: undefined, instead: undefined };

  const store = (body: ConfigMap): Reply => {
    state.object = { ...body, metadata: { ...body.metadata, resourceVersion: String(++version) } };
    return { status: 200, body: state.object };
  };
  const answer = ({ method, path, body }: Received): Reply => {
    const sent = (body === "" ? {} : JSON.parse(body)) as ConfigMap & { preconditions?: { resourceVersion: string } };
    if (method === "POST" && path === claimsPath) {
      return state.object ? { status: 409, body: { message: "already exists" } } : store(sent);
    }
    if (path !== one || state.object === undefined) return { status: 404, body: { message: "not found" } };
    if (method === "GET") return { status: 200, body: state.object };
    const wanted = (sent.preconditions ?? sent.metadata).resourceVersion;
    if (wanted !== state.object.metadata.resourceVersion)
      return { status: 409, body: { message: "has been modified" } };
    if (method === "PUT") return store(sent);
    state.object = undefined;
    return { status: 200, body: {} };
  };
  return state;
}
