import * as pulumi from "@pulumi/pulumi";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { loadStackConfig } from "../../components/config";

const good = {
  "gcp:project": "my-project",
  "tailscale:apiKey": "tskey-api-x",
  "talos-cloud-edge:cloud": JSON.stringify({ controlPlanes: { count: 3 } }),
};

function load(settings: Record<string, string>, secretKeys: string[] = []): ReturnType<typeof loadStackConfig> {
  pulumi.runtime.setAllConfig(settings);
  vi.stubEnv("PULUMI_CONFIG_SECRET_KEYS", JSON.stringify(secretKeys));
  return loadStackConfig();
}

function refusal(settings: Record<string, string>, secretKeys?: string[]): string {
  try {
    load(settings, secretKeys);
  } catch (error) {
    // The Node language host prints the message of a RunError alone, without a stack.
    if (pulumi.RunError.isInstance(error)) return error.message;
    throw error;
  }
  return "";
}

beforeEach(() => {
  for (const name of ["GOOGLE_PROJECT", "GOOGLE_CLOUD_PROJECT", "GCLOUD_PROJECT", "CLOUDSDK_CORE_PROJECT"]) {
    vi.stubEnv(name, undefined);
  }
  for (const name of ["API_KEY", "OAUTH_CLIENT_ID", "OAUTH_CLIENT_SECRET"]) {
    vi.stubEnv(`TAILSCALE_${name}`, undefined);
  }
});

afterEach(() => {
  vi.unstubAllEnvs();
  pulumi.runtime.setAllConfig({});
});

describe("loading a stack's configuration", () => {
  it("reads groups as JSON and texts as they are", () => {
    const secrets = "cluster: {}\nsecrets: {}\ntrustdinfo: {}\ncerts: {}\n";
    const config = load({ ...good, "talos-cloud-edge:secretsYaml": secrets }, ["talos-cloud-edge:secretsYaml"]);
    expect(config.cloud?.controlPlanes.count).toBe(3);
    expect(config.secretsYaml).toBe(secrets);
  });

  it("takes a stack name of digits as a text", () => {
    const sites = [{ name: "edge", nodes: [{ name: "n1", mac: "52:54:00:00:02:01", ip: "10.0.20.10" }] }];
    const config = load({
      "tailscale:apiKey": "tskey-api-x",
      "talos-cloud-edge:cloudStack": "2024",
      "talos-cloud-edge:sites": JSON.stringify(sites),
    });
    expect(config.cloudStack).toBe("2024");
  });

  it("says every mistake at once, one a line", () => {
    const settings = {
      "talos-cloud-edge:clowd": "{}",
      "talos-cloud-edge:cloud": "{region: europe-west3}",
      "talos-cloudedge:sites": "[]",
    };
    expect(refusal(settings).split("\n")).toEqual([
      "talos-cloudedge:sites is in a namespace that nothing reads; did you mean talos-cloud-edge:sites?",
      'talos-cloud-edge:cloud is "{region: europe-west3}", but must be a group of fields; write for example { region: europe-west3 }.',
      "talos-cloud-edge:clowd is not a known field; did you mean cloud?",
      "gcp:project is missing; write the id of your Google Cloud project, for example with pulumi config set gcp:project my-project-123.",
      "The credentials of your tailnet are missing; write an API key with pulumi config set --secret tailscale:apiKey, or an OAuth client as tailscale:oauthClientId and tailscale:oauthClientSecret.",
    ]);
  });

  it("says of a key with nothing after it that it is empty", () => {
    expect(refusal({ ...good, "talos-cloud-edge:cloud": "" })).toBe(
      "talos-cloud-edge:cloud is empty, but must be a group of fields; write for example { region: europe-west3 }.",
    );
  });

  it("refuses secrets that are not encrypted in the stack file", () => {
    const secrets = "cluster: {}\nsecrets: {token: hunter2}\ntrustdinfo: {}\ncerts: {}\n";
    expect(refusal({ ...good, "talos-cloud-edge:secretsYaml": secrets })).toBe(
      "talos-cloud-edge:secretsYaml is in Pulumi.stack.yaml for anyone to read; write it encrypted, with sops -d secrets.yaml | pulumi config set --secret talos-cloud-edge:secretsYaml.",
    );
  });

  it("does not repeat what is encrypted", () => {
    const settings = { ...good, "talos-cloud-edge:tailnet": JSON.stringify({ dnsName: "Hunter2" }) };
    expect(refusal(settings, ["talos-cloud-edge:tailnet"])).toBe(
      "talos-cloud-edge:tailnet.dnsName must be a full domain name in lower case; write for example tail1234.ts.net.",
    );
    expect(refusal(settings)).toBe(
      'talos-cloud-edge:tailnet.dnsName is "Hunter2", but must be a full domain name in lower case; write for example tail1234.ts.net.',
    );
  });
});
