/** The Kubernetes API of a lab cluster, through the proxy, with the admin's certificate. */
import type { Answer, Json, Lab } from "./lab";

const text = (from: Json, field: string) => Buffer.from(String(from[field]), "base64").toString("utf8");

export class Kubernetes {
  constructor(
    private readonly lab: Lab,
    private readonly address: string,
    private readonly client: Json,
  ) {}

  in(lab: Lab): Kubernetes {
    return new Kubernetes(lab, this.address, this.client);
  }

  call(method: string, path: string, body?: unknown, contentType = "application/json"): Promise<Answer> {
    const tls = {
      ca: text(this.client, "caCertificate"),
      cert: text(this.client, "clientCertificate"),
      key: text(this.client, "clientKey"),
    };
    return this.lab.https(`https://${this.address}:6443${path}`, {
      method,
      body,
      tls,
      headers: { "content-type": contentType },
    });
  }

  async get(path: string): Promise<Json> {
    return this.good(await this.call("GET", path));
  }

  async create(path: string, body: unknown): Promise<Json> {
    return this.good(await this.call("POST", path, body));
  }

  /** Waits for a Job's end. @returns the types of its conditions. */
  async finished(namespace: string, name: string): Promise<string[]> {
    let types: string[] = [];
    await this.lab.until(`Job ${name} is over`, async () => {
      const { status } = await this.get(`/apis/batch/v1/namespaces/${namespace}/jobs/${name}`);
      types = ((status as { conditions?: { type: string }[] }).conditions ?? []).map((condition) => condition.type);
      return types.length > 0;
    });
    return types;
  }

  /** What the Job's last pod wrote. */
  async logs(namespace: string, job: string): Promise<string> {
    const { items } = await this.get(`/api/v1/namespaces/${namespace}/pods?labelSelector=job-name%3D${job}`);
    const pod = (items as { metadata: { name: string } }[]).pop()?.metadata.name ?? "";
    return String((await this.call("GET", `/api/v1/namespaces/${namespace}/pods/${pod}/log`)).body);
  }

  private good(answer: Answer): Json {
    if (answer.status >= 300) throw new Error(`${answer.status} ${JSON.stringify(answer.body)}`);
    return answer.body as Json;
  }
}
