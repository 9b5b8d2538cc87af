/**
 * What a stack may configure, under `talos-cloud-edge:` in Pulumi.<stack>.yaml. Pure: no Pulumi import. Each field has its meaning,
 * unit and default here and nowhere else; docs/configuration.md is generated from it (`npm run docs`).
 */
import { z } from "zod";
import { cidr, dnsLabel, hostName, patches, type architecture } from "./fieldKinds";
import { cloudSchema } from "./schemaCloud";
import { siteSchema } from "./schemaSite";

export { cloudSchema, siteSchema };

const image = (extensions: string[]) =>
  z
    .strictObject({
      extensions: z
        .array(z.string())
        .default(extensions)
        .describe("Official system extensions in the image, by name. `siderolabs/tailscale` is required."),
      extraKernelArgs: z.array(z.string()).default([]).describe("Kernel arguments baked into the image."),
      overlay: z
        .strictObject({
          image: z
            .string()
            .describe("Overlay image, by name.")
            .meta({ examples: ["siderolabs/sbc-raspberrypi"] }),
          name: z
            .string()
            .describe("Overlay's name within that image.")
            .meta({ examples: ["rpi_generic"] }),
        })
        .optional()
        .describe("Image Factory overlay, for single-board computers. Default: none."),
      schematicId: z
        .string()
        .regex(/^[0-9a-f]{64}$/)
        .optional()
        .describe(
          "Schematic id that the extensions are expected to give; checked against the computed one. Default: not checked.",
        )
        .meta({
          form: "a schematic id of 64 lower-case hex digits",
          examples: ["4a0d65c669d46663f377e7161e50cfd570c401f26fd9e7bda34a0216b6f1922b"],
        }),
    })
    .prefault({});

export const clusterSchema = z
  .strictObject({
    name: dnsLabel(24).default("setup02").describe("Name of the cluster; begins the name of every resource."),
    talosVersion: z
      .string()
      .regex(/^v1\.\d+\.\d+$/)
      .default("v1.12.4")
      .describe("Talos Linux version, with `v`; a release of v1.12.")
      .meta({ form: "a Talos version with its `v`" }),
    kubernetesVersion: z
      .string()
      .regex(/^1\.\d+\.\d+$/)
      .default("1.35.0")
      .describe("Kubernetes version, without `v`; 1.30 to 1.35.")
      .meta({ form: "a Kubernetes version without `v`" }),
    podCidr: cidr
      .default("10.244.0.0/16")
      .describe("Addresses of pods (IPv4); each node takes a /24 of it.")
      .meta({ examples: ["10.244.0.0/16"] }),
    serviceCidr: cidr
      .default("10.96.0.0/12")
      .describe("Addresses of Services (IPv4).")
      .meta({ examples: ["10.96.0.0/12"] }),
    schedulePodsOnControlPlanes: z
      .boolean()
      .default(false)
      .describe("Whether ordinary pods may run on control planes."),
    healFlannel: z
      .boolean()
      .default(true)
      .describe(
        "Run a small pod on every node that restarts Flannel where a restart of Tailscale has cut its pods off.",
      ),
  })
  .prefault({})
  .describe("The cluster as a whole.");

export const imagesSchema = z
  .strictObject({
    factoryUrl: z
      .string()
      .regex(/^https:\/\/[\w.-]+(:\d+)?(\/[\w./-]*)?$/)
      .default("https://factory.talos.dev")
      .describe("Talos Image Factory.")
      .meta({ form: "an https URL" }),
    cloud: image(["siderolabs/tailscale"]).describe("Image of cloud nodes."),
    edge: image(["siderolabs/qemu-guest-agent", "siderolabs/tailscale"]).describe("Image of edge nodes."),
  })
  .prefault({})
  .describe("What is in the Talos images.");

const tag = (value: string, kind: string) =>
  z
    .string()
    .regex(/^tag:[A-Za-z][A-Za-z0-9-]*$/)
    .default(value)
    .describe(`Tag of ${kind}.`)
    .meta({ form: "a tailnet tag, which is `tag:` and then letters, digits and hyphens" });

export const tailnetSchema = z
  .strictObject({
    tags: z
      .strictObject({
        controlPlane: tag("tag:k8s-control-plane", "control planes"),
        worker: tag("tag:k8s-worker", "cloud workers"),
        edge: tag("tag:k8s-edge", "edge nodes"),
        client: tag("tag:talos-cloud-edge", "the program's OAuth client, which owns the other three"),
      })
      .prefault({})
      .describe("Tag that the nodes of each kind, and the program's OAuth client, carry."),
    dnsName: hostName
      .optional()
      .describe(
        "MagicDNS suffix of the tailnet (`tail1234.ts.net`); puts node names into certificates. Default: addresses only.",
      )
      .meta({ examples: ["tail1234.ts.net"] }),
    keyExpiryMinutes: z
      .number()
      .int()
      .min(5)
      .max(129_600)
      .default(60)
      .describe("How long an unused auth key stays valid, minutes."),
    joinTimeoutMinutes: z
      .number()
      .int()
      .min(1)
      .max(120)
      .default(15)
      .describe("How long a node may take to join, minutes."),
    managePolicy: z
      .boolean()
      .default(false)
      .describe("Own the tailnet's whole policy file (tags and grants). It replaces what is there."),
    admins: z
      .array(
        z
          .string()
          .regex(/^[^\s,"\\]+$/)
          .meta({ form: "a user, group or tag of the tailnet", examples: ["autogroup:admin"] }),
      )
      .default(["autogroup:admin"])
      .describe("Who may reach the cluster's APIs over the tailnet, with managePolicy."),
  })
  .prefault({})
  .describe("The tailnet that joins cloud and edge.");

export const checksSchema = z
  .strictObject({
    enabled: z.boolean().default(true).describe("Run the connectivity suite at the end of `up`."),
    image: z
      .string()
      .regex(/^[a-z0-9][\w./:@-]*$/)
      .default("docker.io/library/busybox:1.37.0")
      .describe("Image with ping, wget, nslookup and httpd.")
      .meta({ form: "a container image reference" }),
    egressHost: hostName
      .default("example.com")
      .describe("Outside name that every node must resolve and fetch over HTTP."),
    timeoutMinutes: z.number().int().min(1).max(60).default(5).describe("How long the suite may take, minutes."),
  })
  .prefault({})
  .describe("The connectivity suite.");

export const patchesSchema = z
  .strictObject({
    all: patches.describe("For every node: Talos config patches (strategic merge, YAML), in this order."),
    controlPlanes: patches.describe("For control planes."),
    workers: patches.describe("For workers, in the cloud and at the edge."),
    cloud: patches.describe("For cloud nodes."),
    edge: patches.describe("For edge nodes."),
  })
  .prefault({});

export const stackSchema = z.strictObject({
  cluster: clusterSchema,
  images: imagesSchema,
  cloud: cloudSchema.optional().describe("The cloud part. Left out in an edge stack."),
  cloudStack: z
    .string()
    .regex(/^[\w.-]+(\/[\w.-]+\/[\w.-]+)?$/)
    .optional()
    .describe("Stack that holds the cloud part (`dev`, or `<organization>/<project>/<stack>`). Only in an edge stack.")
    .meta({ form: "the name of a stack, alone or as organization/project/stack", examples: ["dev"] }),
  tailnet: tailnetSchema,
  sites: z.array(siteSchema).default([]).describe("Edge sites of this stack.").meta({ form: "a list of sites" }),
  patches: patchesSchema.describe("Config patches of your own, by kind of node."),
  checks: checksSchema,
  secretsYaml: z
    .string()
    .optional()
    .describe(
      "An existing cluster's decrypted `secrets.yaml`, to be taken over. Set it with `pulumi config set --secret`. Default: new secrets are made.",
    )
    .meta({
      form: "the text of a secrets.yaml (sops -d secrets.yaml | pulumi config set --secret talos-cloud-edge:secretsYaml)",
    }),
});

/** A stack's whole configuration with every default filled in. */
export type StackConfig = z.output<typeof stackSchema>;
export type ClusterConfig = StackConfig["cluster"];
export type ImagesConfig = StackConfig["images"];
export type ImageConfig = ImagesConfig["cloud"];
export type CloudConfig = NonNullable<StackConfig["cloud"]>;
export type TailnetConfig = StackConfig["tailnet"];
export type SiteConfig = StackConfig["sites"][number];
export type EdgeNodeConfig = SiteConfig["nodes"][number];
export type ChecksConfig = StackConfig["checks"];
export type PatchesConfig = StackConfig["patches"];
export type Architecture = z.output<typeof architecture>;
