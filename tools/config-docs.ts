/**
 * Writes docs/configuration.md from the schema. `--check` writes nothing and fails where the page is stale; a path names another page.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { stringify } from "yaml";
import { childrenOf, root, type Field, type NamedField } from "../components/config/fields";
import { formOf } from "../components/config/fieldWords";

const introduction = `# Configuration

Generated from \`components/config\` by \`npm run docs\`.

A stack is configured in \`Pulumi.<stack>.yaml\`, under the namespace \`talos-cloud-edge\`. Everything has a default except where it says
_required_, so a configuration names only what differs:

\`\`\`yaml
config:
  talos-cloud-edge:cloud:
    controlPlanes:
      count: 3
  talos-cloud-edge:sites:
    - name: edge
      nodes:
        - name: talos-edge-1
          mac: "52:54:00:00:02:01"
          ip: 10.0.20.10
\`\`\`

The whole configuration is checked before the first resource. Each mistake is one sentence that names the field, what is wrong and what
to write; an unknown field is a mistake too. \`Pulumi.dev.yaml\` holds the cloud part and a site, \`Pulumi.edge.yaml\` a further site,
\`Pulumi.lab.yaml\` what \`npm start\` runs.

## Providers

| Setting | Environment variable instead | Default | Meaning |
| --- | --- | --- | --- |
| \`gcp:project\` | \`GOOGLE_PROJECT\`, \`GOOGLE_CLOUD_PROJECT\`, \`GCLOUD_PROJECT\` or \`CLOUDSDK_CORE_PROJECT\` | _required_ with \`cloud\` | Id of the Google Cloud project. |
| \`tailscale:apiKey\` | \`TAILSCALE_API_KEY\` | _required_, or an OAuth client | API key of the tailnet; set it with \`--secret\`. |
| \`tailscale:oauthClientId\` | \`TAILSCALE_OAUTH_CLIENT_ID\` | none | Id of an OAuth client, instead of an API key. |
| \`tailscale:oauthClientSecret\` | \`TAILSCALE_OAUTH_CLIENT_SECRET\` | none | Its secret; set it with \`--secret\`. |
| \`tailscale:tailnet\` | \`TAILSCALE_TAILNET\` | \`-\` | Id of the tailnet. \`-\` is the one that the credentials belong to. |
`;

function isGroup(field: Field): boolean {
  return childrenOf(field).length > 0;
}

function isEmpty(value: unknown): boolean {
  return typeof value === "object" && value !== null && Object.keys(value).length === 0;
}

function typeOf(field: Field): string {
  const items = field.items;
  if (items !== undefined && !isGroup(items)) return `list; each entry ${formOf(items)}`;
  return formOf(field).replace(/^an? /, "");
}

/** A default that depends on other fields is told at the end of the description. */
const toldDefault = / ?Default: (.*)\.$/;

function defaultOf({ field, required }: NamedField): string {
  if (required) return "_required_";
  const told = toldDefault.exec(field.description ?? "")?.[1];
  if (told !== undefined) return told;
  if (field.default === undefined) return "none";
  if (isEmpty(field.default)) return isGroup(field) && field.items === undefined ? "its fields' defaults" : "empty";
  return `\`${stringify(field.default, { collectionStyle: "flow", lineWidth: 0 }).trim()}\``;
}

function meaningOf(field: Field): string {
  return (field.description ?? "").replace(toldDefault, "");
}

function row(named: NamedField): string {
  const key = named.name.split(".").at(-1) ?? "";
  const cells = [`\`${key}\``, typeOf(named.field), defaultOf(named), meaningOf(named.field)];
  return `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
}

/** The table of a group, and after it those of the groups in it. */
function section(title: string, field: Field, name: string, level: number): string {
  const children = childrenOf(field, name);
  const table = ["| Field | Type | Default | Meaning |", "| --- | --- | --- | --- |", ...children.map(row)].join("\n");
  const inner = children
    .filter((child) => isGroup(child.field))
    .map((child) => section(heading(child), child.field, child.name, Math.min(level + 1, 4)));
  const meaning = field.description === undefined ? "" : `${meaningOf(field)}\n\n`;
  return [`${"#".repeat(level)} ${title}\n\n${meaning}${table}\n`, ...inner].join("\n");
}

function heading({ name, field }: NamedField): string {
  return `\`${name}${field.items === undefined ? "" : "[]"}\``;
}

const check = process.argv.includes("--check");
const target = process.argv.slice(2).find((argument) => !argument.startsWith("--")) ?? "docs/configuration.md";
const page = `${introduction}\n${section("Fields under `talos-cloud-edge:`", root, "", 2)}`;

if (!check) {
  writeFileSync(target, page);
} else if (!existsSync(target) || readFileSync(target, "utf8") !== page) {
  console.error(`${target} does not match the schema in components/config; run npm run docs and commit the page.`);
  process.exitCode = 1;
}
