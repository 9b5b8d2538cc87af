import { X509Certificate } from "node:crypto";
import { parse, stringify } from "yaml";
import { PrivateFolder } from "../../privateFolder";
import { isObject, objectAt, type Properties, stringList, text, type Value } from "../protocol/values";
import { machineSecretsToYaml, secretValues } from "./machineSecrets";
import { talosctl } from "./talosctl";

/** A client certificate for the Talos API with an administrator's rights, signed by the cluster's own CA. */
export async function newClientConfiguration(machineSecrets: Properties): Promise<Properties> {
  return PrivateFolder.use(async (folder) => {
    const secrets = await folder.write("secrets.yaml", machineSecretsToYaml(machineSecrets));
    const args = ["gen", "config", "cluster", "https://127.0.0.1:6443", "--with-secrets", secrets];
    const talosconfig = await talosctl(
      folder,
      [...args, "--output-types", "talosconfig", "--output", "-"],
      secretValues(machineSecrets),
    );
    return clientConfigurationFrom(talosconfig);
  });
}

export function clientConfigurationFrom(talosconfig: string): Properties {
  const config = parse(talosconfig) as Value;
  const contexts = isObject(config) ? objectAt(config, "contexts") : {};
  const context = objectAt(contexts, isObject(config) ? (text(config, "context") ?? "") : "");
  const [caCertificate, clientCertificate, clientKey] = ["ca", "crt", "key"].map((key) => text(context, key));
  if (!caCertificate || !clientCertificate || !clientKey) throw new Error("The talosconfig has no client certificate.");
  return { caCertificate, clientCertificate, clientKey };
}

/** `getClientConfiguration`: a talosconfig for people. */
export function talosConfig(args: Properties): string {
  const client = objectAt(args, "clientConfiguration");
  const name = text(args, "clusterName") ?? "";
  const endpoints = stringList(args.endpoints);
  const nodes = stringList(args.nodes);
  const context = {
    endpoints,
    ...(nodes.length > 0 && { nodes }),
    ca: client.caCertificate,
    crt: client.clientCertificate,
    key: client.clientKey,
  };
  return stringify({ context: name, contexts: { [name]: context } }, { lineWidth: 0 });
}

/** Whether a certificate (PEM in base64) ends within `ms` from now. */
export function expiresWithin(certificate: string, ms: number, now = Date.now()): boolean {
  const { validTo } = new X509Certificate(Buffer.from(certificate, "base64"));
  return Date.parse(validTo) < now + ms;
}
