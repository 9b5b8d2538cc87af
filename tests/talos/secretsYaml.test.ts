import { describe, expect, it } from "vitest";
import { parse, stringify } from "yaml";
import { parseSecretsYaml } from "../../components/talos";
import { bundle, bundleYaml } from "./secrets";

describe("parseSecretsYaml", () => {
  it("reads what talosctl writes", () => {
    const secrets = parseSecretsYaml(bundleYaml);
    expect(parse(secrets.yaml)).toEqual(bundle);
    expect(secrets.clusterId).toBe("cluster-id");
    expect(secrets.talosVersion).toBe("v1.3");
  });

  it("gives one form whatever comments and order the original has", () => {
    const { cluster, ...rest } = bundle;
    const shuffled = `# exported\n${stringify({ ...rest, cluster }, { defaultStringType: "QUOTE_DOUBLE" })}`;
    expect(parseSecretsYaml(shuffled).yaml).toBe(parseSecretsYaml(bundleYaml).yaml);
  });

  it("knows secrets of Talos 1.2 by their AES-CBC secret", () => {
    const secrets = { bootstraptoken: "abcdef.token", aescbcencryptionsecret: "aescbc" };
    expect(parseSecretsYaml(stringify({ ...bundle, secrets })).talosVersion).toBe("v1.2");
  });

  it.each([
    [
      "encrypted text",
      stringify({ ...bundle, sops: { version: "3.9.0" } }),
      "secretsYaml is still encrypted by SOPS; decrypt it first (`sops -d secrets.yaml`).",
    ],
    ["broken YAML", "cluster: [a", "secretsYaml is not valid YAML; write the whole decrypted secrets.yaml."],
    ["a word", "secret", "secretsYaml is not what `talosctl gen secrets` writes: "],
    [
      "a missing key",
      stringify({ ...bundle, certs: { ...bundle.certs, os: { crt: "os-crt" } } }),
      "secretsYaml is not what `talosctl gen secrets` writes, at certs.os.key: ",
    ],
    [
      "secrets without an encryption secret",
      stringify({ ...bundle, secrets: { bootstraptoken: "abcdef.token" } }),
      "at secrets: has neither secretboxencryptionsecret nor aescbcencryptionsecret.",
    ],
  ])("refuses %s", (_what, text, message) => {
    expect(() => parseSecretsYaml(text)).toThrow(message);
  });

  it("quotes no value in a message", () => {
    const leaky = stringify({ ...bundle, cluster: { id: ["very-secret"], secret: "very-secret" } });
    let message = "";
    try {
      parseSecretsYaml(leaky);
    } catch (error) {
      message = String(error);
    }
    expect(message).toContain("at cluster.id");
    expect(message).not.toContain("very-secret");
  });
});
