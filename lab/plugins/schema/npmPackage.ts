/** Schemas of an installed npm provider package, kept on disk: reading them from the declarations takes a second, reading them back a millisecond. */
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { checkoutRoot } from "../checkout";
import type { TokenSchema } from "./model";

/** Changes with the code that reads declarations, so that what another version of it kept is not used. */
const reader = createHash("sha256")
  .update(readFileSync(path.join(checkoutRoot(), "lab", "plugins", "schema", "declarations.ts")))
  .digest("hex")
  .slice(0, 8);

export class NpmPackage {
  readonly version: string;
  private readonly dir: string;
  private readonly ready = new Map<string, Promise<TokenSchema | undefined>>();

  constructor(
    private readonly npmName: string,
    private readonly cacheDir = schemaCacheDir(),
  ) {
    const manifest = require.resolve(`${npmName}/package.json`);
    this.dir = path.dirname(manifest);
    this.version = (JSON.parse(readFileSync(manifest, "utf8")) as { version: string }).version;
  }

  resource(token: string): Promise<TokenSchema | undefined> {
    return this.once(token, () => declaredAt(token));
  }

  provider(): Promise<TokenSchema | undefined> {
    return this.once("provider", () => ({ file: "provider", args: "ProviderArgs", className: "Provider" }));
  }

  private once(token: string, place: () => Place | undefined): Promise<TokenSchema | undefined> {
    let schema = this.ready.get(token);
    if (!schema) {
      schema = this.load(token, place());
      this.ready.set(token, schema);
    }
    return schema;
  }

  private async load(token: string, place: Place | undefined): Promise<TokenSchema | undefined> {
    if (!place) return undefined;
    const name = `${this.npmName.replace(/^@[^/]+\//, "")}@${this.version}-${reader}`;
    const file = path.join(this.cacheDir, name, `${token.replace(/[^A-Za-z0-9.]+/g, "_")}.json`);
    const kept = readKept(file);
    if (kept) return kept;
    // The TypeScript compiler takes longer to load than everything else here.
    const { declaredSchema } = await import("./declarations");
    const schema = declaredSchema(token, { packageDir: this.dir, ...place });
    if (schema) keep(file, schema);
    return schema;
  }
}

interface Place {
  file: string;
  args: string;
  className: string;
}

/** Where a type token's class is declared: `gcp:compute/instance:Instance`, `kubernetes:rbac.authorization.k8s.io/v1:Role`, `random:index/randomId:RandomId`. */
export function declaredAt(token: string): Place | undefined {
  const [pkg = "", module = "", className = ""] = token.split(":");
  if (!className) return undefined;
  const fileName = className.charAt(0).toLowerCase() + className.slice(1);
  const args = `${className}Args`;
  if (pkg === "kubernetes") {
    const [group = "", version] = module.split("/");
    return version ? { file: `${group.split(".")[0] ?? group}/${version}/${fileName}`, args, className } : undefined;
  }
  return { file: module.replace(/^index\//, ""), args, className };
}

/** Beside the engine and talosctl, which are kept by version as well. */
export function schemaCacheDir(env: NodeJS.ProcessEnv = process.env): string {
  const base = env.XDG_CACHE_HOME || path.join(os.homedir(), ".cache");
  return path.join(env.TALOS_CLOUD_EDGE_CACHE || path.join(base, "talos-cloud-edge"), "schemas");
}

function readKept(file: string): TokenSchema | undefined {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as TokenSchema;
  } catch {
    // Absent or damaged: it is made again from the package.
    return undefined;
  }
}

function keep(file: string, schema: TokenSchema): void {
  const partial = `${file}.${process.pid}`;
  try {
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(partial, JSON.stringify(schema));
    renameSync(partial, file);
  } catch {
    // A cache that cannot be written costs time, not correctness.
  }
}
