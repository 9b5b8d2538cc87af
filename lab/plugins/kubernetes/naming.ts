import { createHash, randomBytes } from "node:crypto";
import type { Failure } from "../protocol/provider";
import { isObject, isUnknown, objectAt, type Properties, text } from "../protocol/values";
import { annotation, type KindRef } from "./kinds";

const autonamed = "pulumi.com/autonamed";

export function isAutonamed(manifest: Properties): boolean {
  return annotation(manifest, autonamed) === "true";
}

/** Inputs with a name: the one that is given, the one that was made up before, or a new one. */
export function named(
  kind: KindRef,
  resourceName: string,
  olds: Properties,
  news: Properties,
  seed: Buffer,
): { inputs: Properties; failures: Failure[] } {
  if (isUnknown(news.metadata)) return { inputs: news, failures: [] };
  const metadata = objectAt(news, "metadata");
  if ("name" in metadata || "generateName" in metadata) return { inputs: news, failures: [] };
  if (kind.patch) {
    const reason = "Missing required property 'metadata.name': a patch needs the name of the object that it changes.";
    return { inputs: news, failures: [{ property: "metadata.name", reason }] };
  }
  const before = isAutonamed(olds) ? text(objectAt(olds, "metadata"), "name") : undefined;
  const annotations = isObject(metadata.annotations) ? metadata.annotations : {};
  return {
    inputs: {
      ...news,
      metadata: {
        ...metadata,
        name: before ?? madeUp(resourceName, seed),
        annotations: { ...annotations, [autonamed]: "true" },
      },
    },
    failures: [],
  };
}

function madeUp(name: string, seed: Buffer): string {
  const bytes = seed.length > 0 ? createHash("sha256").update(seed).update(name).digest() : randomBytes(8);
  return `${name.toLowerCase().replace(/[^a-z0-9.-]+/g, "-")}-${bytes.toString("hex").slice(0, 8)}`;
}
