import { z } from "zod";
import { architecture, cidr, generation, patches } from "./fieldKinds";

const controlPlaneCount = z
  .number()
  .int()
  .min(1)
  .max(5)
  .default(1)
  .describe("Number of control planes.")
  .meta({ form: "1, 3 or 5" });

const workerCount = z.number().int().min(0).max(5000).default(1).describe("Number of cloud workers.");

/** `e2-standard-4` and its like: the shape of all names that GCE gives, not a list of them, which would age. */
const machineTypeForm =
  /^([a-z]{1,2}\d{1,2}[a-z]{0,2}-(micro|small|medium|[a-z]+-\d+[a-z]?(-[a-z]+)*|custom-(micro|small|medium)-\d+)|([a-z]\d[a-z]?-)?custom-\d+-\d+(-ext)?)$/;

const machines = (machineType: string, count: z.ZodDefault<z.ZodNumber>, replacing: string) => ({
  count,
  machineType: z
    .string()
    .regex(machineTypeForm)
    .default(machineType)
    .describe("GCE machine type.")
    .meta({ form: "a GCE machine type", examples: [machineType] }),
  diskGb: z.number().int().min(10).max(65_536).default(50).describe("Boot disk, GB."),
  labels: z.record(z.string(), z.string()).default({}).describe("GCE labels of the instances."),
  generation: generation.describe(
    `Generation number; raise it by one to replace these machines by new ones. ${replacing}`,
  ),
  patches,
});

export const cloudSchema = z.strictObject({
  region: z
    .string()
    .regex(/^[a-z]+-[a-z]+\d+$/)
    .default("europe-west3")
    .describe("GCP region.")
    .meta({ form: "a GCP region (not a zone)", examples: ["europe-west3"] }),
  zones: z
    .array(z.string())
    .default([])
    .describe("Zones that nodes are spread over, in turn. Empty: `a`, `b` and `c` of the region.")
    .meta({ examples: [["europe-west3-a", "europe-west3-b"]] }),
  architecture: architecture.default("amd64").describe("CPU architecture of the machine types."),
  networkCidr: cidr
    .default("10.1.0.0/24")
    .describe("Addresses of the VPC subnet (IPv4); GCP keeps four of them for itself.")
    .meta({ examples: ["10.1.0.0/24"] }),
  operatorCidrs: z
    .array(cidr.meta({ examples: ["203.0.113.7/32"] }))
    .default([])
    .describe(
      "Who may reach TCP 50000 (Talos) and 6443 (Kubernetes) from the Internet. Empty: nobody; the tailnet is the way in.",
    ),
  directWireGuard: z
    .boolean()
    .default(false)
    .describe(
      "Open UDP 41641 to the Internet, so that edge nodes behind strict NAT get direct paths instead of relayed ones.",
    ),
  controlPlanes: z
    .strictObject(
      machines(
        "e2-standard-4",
        controlPlaneCount,
        "A new single control plane starts without the old one's etcd data; of several, it must be 1.",
      ),
    )
    .prefault({})
    .describe("Machines that run etcd and the Kubernetes API; control planes are always in the cloud."),
  workers: z
    .strictObject(machines("e2-standard-8", workerCount, "All of them at once."))
    .prefault({})
    .describe("Machines in the cloud that run ordinary pods."),
  deletionProtection: z
    .boolean()
    .default(false)
    .describe("Refuse to delete control planes until this is set to false again."),
});
