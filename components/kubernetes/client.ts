/** Calls of the Kubernetes API with the cluster's client certificate. Serialised by Pulumi: see components/http/request.ts. */
import { textAt } from "../http/json";
import { type JsonResponse, requestJson, type RetryOptions } from "../http/request";

export interface KubernetesClient {
  /** `https://100.64.0.1:6443`. */
  host: string;
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

export function callKubernetes(client: KubernetesClient, call: KubernetesCall): Promise<JsonResponse> {
  return requestJson({
    method: call.method,
    url: `${client.host.replace(/\/+$/, "")}${call.path}`,
    headers: call.method === "PATCH" ? { "content-type": "application/merge-patch+json" } : {},
    body: call.body,
    tls: { ca: pem(client.caCertificate), cert: pem(client.clientCertificate), key: pem(client.clientKey) },
    retry: call.retry ?? { attempts: 3, maxDelayMs: 5000 },
  });
}

/** `HTTP 403: nodes "a" is forbidden`, as the API says it. */
export function kubernetesRefusal(answer: JsonResponse): string {
  const message = textAt(answer.body, "message");
  return message === "" ? `HTTP ${answer.status}` : `HTTP ${answer.status}: ${message}`;
}

/** Whether both reach the same API in the same way. */
export function sameClient(a: KubernetesClient, b: KubernetesClient): boolean {
  return (["host", "caCertificate", "clientCertificate", "clientKey"] as const).every((key) => a[key] === b[key]);
}
