/** Pools, volumes and cloud-init images. */
import { createHash } from "node:crypto";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { flagAt, numberAt, textAt } from "../../json";
import type { JsonObject } from "../../json";
import { WorldError } from "../../world";
import { imageAt } from "../factory";
import type { VolumeContent } from "../model";
import { uuid } from "../sim";
import type { Sim } from "../sim";
import { volumesInUse } from "./disks";
import { named, nameOf, objectsOf, TOKEN } from "./names";
import type { Handler } from "./names";

const GIB = 2 ** 30;
const POOL_BYTES = 512 * GIB;
const ISO_BYTES = 110 * 2 ** 20;
const SEED_BYTES = 372_736;
const UNITS: Record<string, number> = {
  bytes: 1,
  B: 1,
  KiB: 1024,
  MiB: 2 ** 20,
  GiB: GIB,
  TiB: 2 ** 40,
  kB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
};

export const pool: Handler = {
  create(sim, host, inputs) {
    const name = nameOf(inputs);
    if (named(sim, host, TOKEN.pool, name)) throw new WorldError(`operation failed: pool '${name}' already exists`);
    const type = textAt(inputs, "type") ?? "";
    if (!["dir", "fs", "logical", "netfs", "disk"].includes(type))
      throw new WorldError(`internal error: missing backend for pool type '${type}'`);
    const target = pathOf(inputs);
    if (target === undefined) throw new WorldError("XML error: missing storage pool target path");
    const other = objectsOf(sim, host, TOKEN.pool).find((candidate) => pathOf(candidate.inputs) === target);
    if (other) {
      throw new WorldError(
        `operation failed: Storage source conflict with pool: '${textAt(other.inputs, "name") ?? ""}'`,
      );
    }
    const id = uuid();
    const numbers = { capacity: POOL_BYTES, allocation: 12 * GIB, available: POOL_BYTES - 12 * GIB };
    return { id, outputs: { ...inputs, uuid: id, ...numbers } };
  },
  mutable: ["create", "destroy"],
  refuseDelete(sim, host, object) {
    const name = textAt(object.inputs, "name") ?? "";
    const volume = objectsOf(sim, host, TOKEN.volume).find((candidate) => textAt(candidate.inputs, "pool") === name);
    if (!volume) return;
    if (flagAt(object.inputs, "destroy", "delete")) {
      throw new WorldError(
        `cannot remove directory '${pathOf(object.inputs) ?? ""}': Directory not empty (it holds ${textAt(volume.inputs, "name") ?? ""})`,
      );
    }
    throw new WorldError(
      `operation failed: storage pool '${name}' still has volume '${textAt(volume.inputs, "name") ?? ""}'`,
    );
  },
};

export const volume: Handler = {
  create(sim, host, inputs) {
    const name = nameOf(inputs);
    const poolName = textAt(inputs, "pool") ?? "";
    const parent = named(sim, host, TOKEN.pool, poolName);
    if (!parent) throw new WorldError(`Storage pool not found: no storage pool with matching name '${poolName}'`);
    const path = `${pathOf(parent.inputs) ?? ""}/${name}`;
    if (objectsOf(sim, host, TOKEN.volume).some((other) => other.id === path)) {
      throw new WorldError(`storage volume '${name}' exists already`);
    }
    const url = textAt(inputs, "create", "content", "url");
    const content = url === undefined ? undefined : contentAt(sim, url);
    const capacity = capacityOf(inputs) ?? (content?.kind === "image" ? ISO_BYTES : content ? SEED_BYTES : undefined);
    if (capacity === undefined) throw new WorldError("capacity is required when no content is given");
    const backing = textAt(inputs, "backingStore", "path");
    if (backing !== undefined && !objectsOf(sim, host, TOKEN.volume).some((other) => other.id === backing)) {
      throw new WorldError(`Storage volume not found: no storage vol with matching path '${backing}'`);
    }
    return {
      id: path,
      content,
      outputs: {
        ...inputs,
        capacity: numberAt(inputs, "capacity") ?? capacity,
        allocation: content ? capacity : 200_704,
        physical: capacity,
        key: path,
        path,
      },
    };
  },
  mutable: [],
  refuseDelete(sim, host, object) {
    // A file is removed although a running domain has it open; LVM refuses a volume that is.
    const pool = named(sim, host, TOKEN.pool, textAt(object.inputs, "pool") ?? "");
    if (textAt(pool?.inputs, "type") !== "logical" || !volumesInUse(sim, host).has(object.id)) return;
    throw new WorldError(
      `internal error: Child process (/sbin/lvremove -f ${object.id}) unexpected exit status 5: Logical volume ${object.id} in use.`,
    );
  },
};

export const cloudinit: Handler = {
  create(_sim, _host, inputs) {
    const name = nameOf(inputs);
    const [userData, metaData] = [textAt(inputs, "userData") ?? "", textAt(inputs, "metaData") ?? ""];
    const digest = createHash("sha256")
      .update(JSON.stringify([name, userData, metaData]))
      .digest("hex");
    // A real file of this machine, which the provider's plugin writes and removes.
    const path = join(tmpdir(), "terraform-provider-libvirt-cloudinit", `cloudinit-${digest.slice(0, 16)}.iso`);
    return {
      id: digest.slice(0, 32),
      content: { kind: "seed", userData, metaData },
      outputs: { ...inputs, path, size: SEED_BYTES },
    };
  },
  mutable: [],
};

/** What is fetched for a volume: an image of the Factory, or a cloud-init image on the machine that runs Pulumi. */
function contentAt(sim: Sim, url: string): VolumeContent {
  if (/^https?:\/\//.test(url)) return { kind: "image", image: imageAt(sim, url) };
  const path = url.replace(/^file:\/\//, "");
  const found = Object.values(sim.state.libvirt.objects).find(
    (object) => object.token === TOKEN.cloudinit && textAt(object.outputs, "path") === path,
  );
  if (!found?.content) throw new WorldError(`error while opening ${url}: open ${path}: no such file or directory`);
  return found.content;
}

const pathOf = (inputs: JsonObject): string | undefined => textAt(inputs, "target", "path");

function capacityOf(inputs: JsonObject): number | undefined {
  const capacity = numberAt(inputs, "capacity");
  const unit = textAt(inputs, "capacityUnit") ?? "bytes";
  const factor = UNITS[unit];
  if (factor === undefined) throw new WorldError(`invalid argument: unknown suffix '${unit}'`);
  return capacity === undefined ? undefined : capacity * factor;
}
