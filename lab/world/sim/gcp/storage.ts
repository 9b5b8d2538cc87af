/** Buckets, their objects, and images imported from an object. */
import { createHash } from "node:crypto";
import { flagAt, numberAt, textAt } from "../../json";
import type { JsonObject } from "../../json";
import { WorldError } from "../../world";
import { imageAt } from "../factory";
import type { BootImage, CloudResource } from "../model";
import { numericId, timestamp } from "../sim";
import type { Sim } from "../sim";
import type { Handler } from "./handler";
import {
  COMPUTE,
  invalid,
  labelOutputs,
  nameOf,
  projectOf,
  refuseDuplicate,
  resourceKey,
  resourcesOf,
  STORAGE,
  TOKEN,
} from "./names";

/** A Talos disk image for GCP, packed; and unpacked. */
const ARCHIVE_BYTES = 102_400_000;
const IMAGE_GB = 10;

export const bucket: Handler = {
  create(sim, inputs) {
    const name = textAt(inputs, "name") ?? "";
    if (!/^[a-z0-9][-_.a-z0-9]{1,61}[a-z0-9]$/.test(name)) {
      throw new WorldError(`googleapi: Error 400: Invalid bucket name: '${name}', invalid`);
    }
    const location = textAt(inputs, "location");
    if (location === undefined) throw new WorldError("googleapi: Error 400: Required parameter: location, required");
    if (sim.state.gcp.resources[resourceKey(TOKEN.bucket, name)]) {
      throw new WorldError(
        "googleapi: Error 409: Your previous request to create the named bucket succeeded and you already own it., conflict",
        409,
      );
    }
    return {
      id: name,
      outputs: {
        storageClass: "STANDARD",
        forceDestroy: false,
        ...inputs,
        location: location.toUpperCase(),
        project: projectOf(inputs),
        projectNumber: 100_000_000_001,
        url: `gs://${name}`,
        selfLink: `${STORAGE}b/${name}`,
        timeCreated: timestamp(),
        ...labelOutputs(inputs),
      },
    };
  },
  mutable: [
    "labels",
    "forceDestroy",
    "uniformBucketLevelAccess",
    "publicAccessPrevention",
    "versioning",
    "lifecycleRules",
    "storageClass",
  ],
  refuseDelete(sim, resource) {
    const objects = objectsIn(sim, resource.id);
    if (objects.length > 0 && !flagAt(resource.inputs, "forceDestroy")) {
      throw new WorldError(
        `Error trying to delete bucket ${resource.id} containing objects without \`force_destroy\` set to true`,
      );
    }
  },
  afterDelete(sim, resource) {
    for (const object of objectsIn(sim, resource.id))
      Reflect.deleteProperty(sim.state.gcp.resources, resourceKey(TOKEN.object, object.id));
  },
};

export const bucketObject: Handler = {
  create(sim, inputs) {
    const bucketName = textAt(inputs, "bucket") ?? "";
    const name = textAt(inputs, "name") ?? "";
    const parent = sim.state.gcp.resources[resourceKey(TOKEN.bucket, bucketName)];
    if (!parent) throw new WorldError(`googleapi: Error 404: The specified bucket does not exist., notFound`, 404);
    if (name === "") throw new WorldError("googleapi: Error 400: Required, required");
    const content = objectContent(sim, inputs);
    const md5 = createHash("md5").update(content.identity).digest();
    const generation = Date.now() * 1000;
    const path = `b/${bucketName}/o/${encodeURIComponent(name)}`;
    return {
      id: `${bucketName}-${name}`,
      image: content.image,
      outputs: {
        storageClass: textAt(parent.outputs, "storageClass") ?? "STANDARD",
        contentType: "application/octet-stream",
        ...inputs,
        outputName: name,
        crc32c: createHash("sha1").update(content.identity).digest().subarray(0, 4).toString("base64"),
        md5hash: md5.toString("base64"),
        md5hexhash: md5.toString("hex"),
        generation,
        mediaLink: `https://storage.googleapis.com/download/storage/v1/${path}?generation=${generation}&alt=media`,
        selfLink: `${STORAGE}${path}`,
      },
    };
  },
  mutable: ["metadata", "storageClass", "cacheControl"],
};

export const image: Handler = {
  create(sim, inputs) {
    const project = projectOf(inputs);
    const id = `projects/${project}/global/images/${nameOf(inputs)}`;
    refuseDuplicate(sim, TOKEN.image, id);
    const source = textAt(inputs, "rawDisk", "source");
    if (source === undefined) {
      throw invalid(
        "resource.rawDisk.source",
        "",
        "One of rawDisk.source, sourceDisk, sourceImage or sourceSnapshot must be given.",
      );
    }
    const object = resourcesOf(sim, TOKEN.object).find((candidate) => objectUrls(candidate).includes(source));
    if (!object)
      throw invalid("resource.rawDisk.source", source, "The Google Cloud Storage object could not be found.");
    if (object.image?.platform !== "gcp") {
      throw invalid(
        "resource.rawDisk.source",
        source,
        "The archive does not hold a disk.raw that is a bootable Google Compute Engine image.",
      );
    }
    const architecture = object.image.architecture === "arm64" ? "ARM64" : "X86_64";
    const declared = textAt(inputs, "architecture");
    if (declared !== undefined && declared !== architecture) {
      throw invalid("resource.architecture", declared, `The disk in the archive is of architecture ${architecture}.`);
    }
    return {
      id,
      image: object.image,
      outputs: {
        ...inputs,
        project,
        archiveSizeBytes: ARCHIVE_BYTES,
        diskSizeGb: numberAt(inputs, "diskSizeGb") ?? IMAGE_GB,
        creationTimestamp: timestamp(),
        imageId: numericId(sim),
        labelFingerprint: "42WmSpB8rSM=",
        licenses: [],
        selfLink: COMPUTE + id,
        storageLocations: inputs.storageLocations ?? ["eu"],
        ...labelOutputs(inputs),
      },
    };
  },
  mutable: ["labels", "description"],
};

function objectContent(sim: Sim, inputs: JsonObject): { identity: string; image?: BootImage } {
  const content = textAt(inputs, "content");
  if (content !== undefined) return { identity: content };
  const uri = textAt(inputs, "source", "uri");
  if (uri !== undefined) return { identity: uri, image: imageAt(sim, uri) };
  const other =
    textAt(inputs, "source", "hash") ?? textAt(inputs, "source", "path") ?? textAt(inputs, "source", "text");
  if (other === undefined) throw new WorldError("one of `content,source` must be specified");
  return { identity: other };
}

/** An object may be named in every one of these ways. */
function objectUrls(object: CloudResource): string[] {
  const path = `${textAt(object.inputs, "bucket") ?? ""}/${textAt(object.inputs, "name") ?? ""}`;
  return [
    `gs://${path}`,
    `https://storage.googleapis.com/${path}`,
    textAt(object.outputs, "selfLink") ?? "",
    textAt(object.outputs, "mediaLink") ?? "",
  ];
}

const objectsIn = (sim: Sim, name: string): CloudResource[] =>
  resourcesOf(sim, TOKEN.object).filter((object) => textAt(object.inputs, "bucket") === name);
