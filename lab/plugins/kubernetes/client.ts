import { isUnreachable, requestJson } from "../../../components/http/request";
import { isObject, type Properties, text, type Value } from "../protocol/values";
import type { Cluster } from "./kubeconfig";

export type PatchType = "application/apply-patch+yaml" | "application/merge-patch+json";

interface Options {
  body?: Properties;
  contentType?: string;
  query?: Record<string, string>;
  timeoutMs?: number;
  attempts?: number;
}

/** An answer of the Kubernetes API that is not a success. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

/** Nothing answers where the kubeconfig points to. */
export class ClusterUnreachable extends Error {}

/** The Kubernetes API as a client with the kubeconfig's credentials sees it. */
export class KubernetesClient {
  constructor(private readonly cluster: Cluster) {}

  get defaultNamespace(): string {
    return this.cluster.namespace;
  }

  async get(path: string, options?: Options): Promise<Properties | undefined> {
    const { status, body } = await this.send("GET", path, options);
    if (status === 404) return undefined;
    return objectOf(status, body);
  }

  async create(path: string, body: Properties, query?: Record<string, string>): Promise<Properties> {
    const answer = await this.send("POST", path, { body, query });
    return objectOf(answer.status, answer.body);
  }

  async patch(
    path: string,
    contentType: PatchType,
    body: Properties,
    query?: Record<string, string>,
  ): Promise<Properties> {
    const answer = await this.send("PATCH", path, { body, contentType, query });
    return objectOf(answer.status, answer.body);
  }

  /** Deletes, whether it is there or not. */
  async delete(path: string, body: Properties): Promise<void> {
    const answer = await this.send("DELETE", path, { body });
    if (answer.status !== 404) objectOf(answer.status, answer.body);
  }

  /** A subresource that answers in plain text, such as a pod's log; empty where it cannot be had. */
  async text(path: string, query: Record<string, string>): Promise<string> {
    const { status, body } = await this.send("GET", path, { query, attempts: 1 });
    if (status >= 300 || body === undefined) return "";
    return typeof body === "string" ? body : JSON.stringify(body);
  }

  private async send(method: string, path: string, options: Options = {}): Promise<{ status: number; body: unknown }> {
    const { server, ca, cert, key, token } = this.cluster;
    const query = options.query ? `?${new URLSearchParams(options.query).toString()}` : "";
    const headers: Record<string, string> = {};
    if (options.contentType) headers["content-type"] = options.contentType;
    if (token) headers.authorization = `Bearer ${token}`;
    try {
      return await requestJson({
        method,
        url: `${server}${path}${query}`,
        headers,
        body: options.body,
        tls: { ca, cert, key },
        timeoutMs: options.timeoutMs ?? 30_000,
        retry: { idempotent: method !== "POST", attempts: options.attempts ?? 5 },
      });
    } catch (error) {
      if (!isUnreachable(error)) throw error;
      throw new ClusterUnreachable(`the configured Kubernetes cluster is unreachable: ${error.message}`, {
        cause: error,
      });
    }
  }
}

function objectOf(status: number, body: unknown): Properties {
  const answer = isObject(body) ? body : {};
  if (status < 300) return answer;
  const message = text(answer, "message") ?? (typeof body === "string" ? body.trim() : "no message");
  throw new ApiError(status, `${message} (${status}${reason(answer)})`);
}

function reason(answer: Properties): string {
  const value: Value | undefined = answer.reason;
  return typeof value === "string" && value !== "" ? ` ${value}` : "";
}
