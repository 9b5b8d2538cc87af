import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { WorldState } from "../../lab/world/sim/model";
import type { Secret } from "./secretsSearch";

const secretMark = "4dabf18193072939515e22adb298388d";

/** Fields of the machine secrets that hold neither a certificate nor a private key, which are known by their text. */
const machineSecrets = [
  "cluster.secret",
  "secrets.bootstrapToken",
  "secrets.secretboxEncryptionSecret",
  "secrets.aescbcEncryptionSecret",
  "trustdinfo.token",
];

/** All secrets that a run made: out of the decrypted state, and of the world, which knows keys that no state holds. */
export function harvest(decryptedState: string, worldFolder: string): Secret[] {
  const world = readFileSync(join(worldFolder, "world.json"), "utf8");
  const { tailnet } = JSON.parse(world) as WorldState;
  const values = revealed(JSON.parse(decryptedState));
  const found: Secret[] = [
    ...namedSecrets(values),
    ...Object.values(tailnet.keys).map(({ id, secret }) => ({ name: `auth key ${id}`, value: secret })),
    ...Object.keys(tailnet.tokens).map((value, index) => ({ name: `access token ${index}`, value })),
    ...[...privateKeys(JSON.stringify(values)), ...privateKeys(world)].map((value, index) => ({
      name: `private key ${index}`,
      value,
    })),
  ];
  return [...new Map(found.reverse().map((secret) => [secret.value, secret])).values()];
}

/** The state with each secret in place of its wrapping. */
function revealed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(revealed);
  if (typeof value !== "object" || value === null) return value;
  if (secretMark in value && "plaintext" in value) return revealed(JSON.parse(String(value.plaintext)));
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, revealed(inner)]));
}

function namedSecrets(value: unknown): Secret[] {
  if (typeof value !== "object" || value === null) return [];
  const own = machineSecrets.flatMap((path) => {
    const at = path
      .split(".")
      .reduce<unknown>((from, key) => (from as Record<string, unknown> | undefined)?.[key], value);
    return typeof at === "string" && at !== "" ? [{ name: path, value: at }] : [];
  });
  return [...own, ...Object.values(value).flatMap(namedSecrets)];
}

/** Keys in PEM, plain or in base64. */
function privateKeys(text: string): string[] {
  const plain = text
    .replaceAll("\\n", "\n")
    .matchAll(/-----BEGIN ([A-Z0-9 ]*PRIVATE KEY)-----[\w+/=\s]+-----END \1-----/g);
  const encoded = [...text.matchAll(/LS0tLS1CRUdJTi[\w+/]+=*/g)]
    .map(([base64]) => Buffer.from(base64, "base64").toString("utf8"))
    .filter((pem) => pem.includes("PRIVATE KEY"));
  return [...new Set([...[...plain].map(([pem]) => pem), ...encoded].map((pem) => pem.trim()))];
}
