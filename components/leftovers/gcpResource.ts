/** Where Google Cloud's REST APIs show what a resource's inputs describe. Pure. */
import { textAt } from "../http/json";

/** What the provider takes for resources that do not say it themselves. */
export interface GcpDefaults {
  project: string;
  region: string;
  zone: string;
}

export interface GcpResource {
  /** `VPC network`, as a sentence names it. */
  kind: string;
  name: string;
  project: string;
  url: string;
}

const compute: Record<string, { kind: string; scope: "global" | "region" | "zone"; collection: string }> = {
  "gcp:compute/network:Network": { kind: "VPC network", scope: "global", collection: "networks" },
  "gcp:compute/subnetwork:Subnetwork": { kind: "subnet", scope: "region", collection: "subnetworks" },
  "gcp:compute/firewall:Firewall": { kind: "firewall rule", scope: "global", collection: "firewalls" },
  "gcp:compute/address:Address": { kind: "address", scope: "region", collection: "addresses" },
  "gcp:compute/image:Image": { kind: "image", scope: "global", collection: "images" },
  "gcp:compute/instance:Instance": { kind: "instance", scope: "zone", collection: "instances" },
};

/** The resource that `inputs` of this type would make. */
export function gcpResource(type: string, inputs: unknown, defaults: GcpDefaults): GcpResource {
  const name = textAt(inputs, "name");
  const project = textAt(inputs, "project") || defaults.project;
  if (type === "gcp:storage/bucket:Bucket") {
    return { kind: "bucket", name, project, url: `https://storage.googleapis.com/storage/v1/b/${name}` };
  }
  const known = compute[type];
  if (known === undefined) throw new Error(`Nothing is known of where ${type} ${name} is.`);
  const { kind, scope, collection } = known;
  const place = scope === "global" ? "global" : `${scope}s/${textAt(inputs, scope) || defaults[scope]}`;
  const url = `https://compute.googleapis.com/compute/v1/projects/${project}/${place}/${collection}/${name}`;
  return { kind, name, project, url };
}

/** Where an operation on the resource is looked up: in the same project, region or zone. */
export function operationUrl(resource: GcpResource, operation: string): string {
  return resource.url.replace(/\/[^/]+\/[^/]+$/, `/operations/${operation}`);
}
