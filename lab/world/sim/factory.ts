/** factory.talos.dev: schematics are registered by their content, images are served for registered schematics only. */
import { createHash } from "node:crypto";
import { parse } from "yaml";
import { isObject, textsIn } from "../json";
import type { Site, SiteRequest, SiteResponse } from "../world";
import { WorldError } from "../world";
import type { BootImage } from "./model";
import { canonicalSchematic } from "./schematic";
import type { Sim } from "./sim";

export const FACTORY_HOST = "factory.talos.dev";

const VERSIONS = ["v1.11.5", "v1.11.6", "v1.12.0", "v1.12.1", "v1.12.2", "v1.12.3", "v1.12.4", "v1.13.0"];

const EXTENSIONS = [
  "siderolabs/amd-ucode",
  "siderolabs/gvisor",
  "siderolabs/i915",
  "siderolabs/intel-ucode",
  "siderolabs/iscsi-tools",
  "siderolabs/qemu-guest-agent",
  "siderolabs/tailscale",
  "siderolabs/util-linux-tools",
];

const FILES: Record<string, BootImage["platform"]> = {
  "gcp-%.raw.tar.gz": "gcp",
  "gcp-%.tar.gz": "gcp",
  "metal-%.iso": "metal",
  "metal-%.raw.zst": "metal",
  "metal-%.raw.xz": "metal",
  "nocloud-%.iso": "nocloud",
  "nocloud-%.raw.xz": "nocloud",
  "nocloud-%.raw.zst": "nocloud",
};

export const factorySite = (sim: Sim): Site => ({
  handle: (request) => Promise.resolve(answer(sim, request)),
});

/** The image behind a download URL; a refusal in the Factory's words when there is none. */
export function imageAt(sim: Sim, url: string): BootImage {
  const parsed = new URL(url);
  if (parsed.protocol !== "https:" || parsed.host !== FACTORY_HOST) {
    throw new WorldError(`Get "${url}": dial tcp: lookup ${parsed.hostname}: no such host`);
  }
  return imageOf(sim, parsed.pathname);
}

/** Installers carry a schematic too: `factory.talos.dev/[<platform>-]installer/<schematic>:<version>`. */
export function installerAt(sim: Sim, reference: string): { schematic: string; version: string } | undefined {
  const found = /^factory\.talos\.dev\/(?:[a-z]+-)?installer\/([0-9a-f]{64}):(v[\w.-]+)$/.exec(reference);
  const [, schematic = "", version = ""] = found ?? [];
  return found && sim.state.factory.schematics[schematic] ? { schematic, version } : undefined;
}

export const hasExtension = (sim: Sim, schematic: string, extension: string): boolean =>
  sim.state.factory.schematics[schematic]?.extensions.includes(extension) ?? false;

function answer(sim: Sim, request: SiteRequest): SiteResponse {
  try {
    if (request.method === "POST" && request.path === "/schematics")
      return { status: 201, body: register(sim, request.body) };
    if (request.method !== "GET" && request.method !== "HEAD") return { status: 405, body: "method not allowed" };
    if (request.path === "/versions") return { status: 200, body: VERSIONS };
    const official = /^\/version\/(v[^/]+)\/extensions\/official$/.exec(request.path);
    if (official)
      return {
        status: 200,
        body: EXTENSIONS.map((name) => ({ name, ref: `ghcr.io/${name}`, digest: "", author: "", description: "" })),
      };
    const image = imageOf(sim, request.path);
    // What is in it does not matter here, only that the same image always has the same bytes.
    const text = `Talos ${image.version} ${image.platform}-${image.architecture} of schematic ${image.schematic}\n`;
    return { status: 200, headers: { "content-type": "application/octet-stream" }, body: text.repeat(64) };
  } catch (error) {
    if (error instanceof WorldError) return { status: error.status, body: error.message };
    throw error;
  }
}

function register(sim: Sim, body: string): { id: string } {
  let schematic: unknown;
  try {
    schematic = parse(body) ?? {};
  } catch (error) {
    throw new WorldError(`error unmarshaling schematic: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (!isObject(schematic))
    throw new WorldError("error unmarshaling schematic: yaml: cannot unmarshal into schematic.Schematic");
  const id = createHash("sha256").update(canonicalSchematic(schematic)).digest("hex");
  sim.state.factory.schematics[id] = {
    extensions: textsIn(schematic, "customization", "systemExtensions", "officialExtensions"),
  };
  sim.changed();
  return { id };
}

function imageOf(sim: Sim, path: string): BootImage {
  const [, schematic = "", version = "", file = ""] = /^\/image\/([^/]+)\/([^/]+)\/([^/]+)$/.exec(path) ?? [];
  if (file === "") throw new WorldError("404 page not found", 404);
  const known = sim.state.factory.schematics[schematic];
  if (!known) throw new WorldError(`schematic ID "${schematic}" not found`, 404);
  if (!VERSIONS.includes(version)) throw new WorldError(`version ${version} is not available`, 404);
  const unknown = known.extensions.find((extension) => !EXTENSIONS.includes(extension));
  if (unknown !== undefined)
    throw new WorldError(`official extension "${unknown}" is not available for Talos version ${version}`);
  const architecture = /-(amd64|arm64)\./.exec(file)?.[1];
  const platform = architecture && FILES[file.replace(`-${architecture}.`, "-%.")];
  if (!platform) throw new WorldError(`invalid profile: ${file}`, 404);
  return { schematic, version, platform, architecture };
}
