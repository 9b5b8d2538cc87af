/** Calls of the Kubernetes API with the cluster's client certificate. Serialised by Pulumi: see components/http/request.ts. */
import { textAt } from "../http/json";
import {
  isOutOfOrder,
  isUnreachable,
  type JsonResponse,
  requestJson,
  type RetryOptions,
  unreachable,
} from "../http/request";

export interface KubernetesClient {
  /** `https://100.64.0.1:6443`. */
  host: string;
  /** Where else the API answers, for the time in which it does not at `host`. @default nowhere */
  otherHosts?: string[];
  /** Certificate authority of the API, PEM, also in base64. */
  caCertificate: string;
  /** Client certificate, PEM, also in base64. */
  clientCertificate: string;
  /** Key of the client certificate, PEM, also in base64. */
  clientKey: string;
}

export interface KubernetesCall {
  method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  path: string;
  body?: unknown;
  retry?: RetryOptions;
}

/** PEM as it is, or out of base64 as kubeconfigs and the Talos provider have it. */
export function pem(text: string): string {
  return text.includes("-----BEGIN") ? text : Buffer.from(text, "base64").toString("utf8");
}

/** The client with this host tried first. */
export function preferring(client: KubernetesClient, host: string): KubernetesClient {
  const others = [client.host, ...(client.otherHosts ?? [])].filter((other) => other !== host);
  return { ...client, host, ...(others.length > 0 && { otherHosts: others }) };
}

export async function callKubernetes(client: KubernetesClient, call: KubernetesCall): Promise<JsonResponse> {
  const retry = call.retry ?? { attempts: 3, maxDelayMs: 5000 };
  const others = client.otherHosts ?? [];
  try {
    return await callHost(client, client.host, call, others.length > 0 ? { ...retry, attempts: 1 } : retry);
  } catch (error) {
    const [host, ...rest] = others;
    if (host === undefined || !isUnreachable(error)) throw error;
    return callKubernetes({ ...client, host, otherHosts: rest }, call);
  }
}

function callHost(
  client: KubernetesClient,
  host: string,
  call: KubernetesCall,
  retry: RetryOptions,
): Promise<JsonResponse> {
  return requestJson({
    method: call.method,
    url: `${host.replace(/\/+$/, "")}${call.path}`,
    headers: call.method === "PATCH" ? { "content-type": "application/merge-patch+json" } : {},
    body: call.body,
    tls: { ca: pem(client.caCertificate), cert: pem(client.clientCertificate), key: pem(client.clientKey) },
    // A merge patch says what is to be, so it can be said twice.
    retry: { idempotent: call.method !== "POST", ...retry },
  });
}

/** What the API does not do. `isUnreachable` where the reason is trouble of its own, without etcd for example, which may pass. */
export function kubernetesFailure(what: string, answer: JsonResponse): Error {
  const message = `${what}: ${kubernetesRefusal(answer)}.`;
  return isOutOfOrder(answer) ? unreachable(message) : new Error(message);
}

/** `HTTP 403: nodes "a" is forbidden`, as the API says it. */
export function kubernetesRefusal(answer: JsonResponse): string {
  const message = textAt(answer.body, "message");
  return message === "" ? `HTTP ${answer.status}` : `HTTP ${answer.status}: ${message}`;
}

/** Whether both reach the same API in the same way. */
export function sameClient(a: KubernetesClient, b: KubernetesClient): boolean {
  const keys = ["host", "caCertificate", "clientCertificate", "clientKey"] as const;
  return keys.every((key) => a[key] === b[key]) && String(a.otherHosts ?? []) === String(b.otherHosts ?? []);
}
