/**
 * The kinds of value that several fields share. `form` completes the sentence "must be …" and `examples` the sentence "write for
 * example …" when a value is refused.
 */
import { z } from "zod";

export const cidr = z.cidrv4().meta({ form: "an IPv4 range in CIDR form", examples: ["10.0.20.0/24"] });

export const ipv4 = z.ipv4().meta({ form: "an IPv4 address", examples: ["10.0.20.10"] });

export const dnsLabel = (longest: number) =>
  z
    .string()
    .regex(/^[a-z]([a-z0-9-]*[a-z0-9])?$/)
    .max(longest)
    .meta({
      form: `a name of at most ${String(longest)} lower-case letters, digits and hyphens, beginning with a letter and not ending in a hyphen`,
    });

export const architecture = z.enum(["amd64", "arm64"]);

export const devicePath = z
  .string()
  .regex(/^\/dev(\/(?!\.)[\w.:+-]+)+$/)
  .meta({ form: "the path of a block device", examples: ["/dev/vda"] });

export const hostName = z
  .string()
  .regex(/^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]*[a-z0-9])?$/)
  .max(253)
  .meta({ form: "a full domain name in lower case", examples: ["example.com"] });

export const generation = z.number().int().min(1).max(9999).default(1);

export const patches = z
  .array(z.string().meta({ form: "the text of a patch, in a block after `|`" }))
  .default([])
  .describe("Talos config patches (strategic merge, YAML), applied after all others and in this order.");
