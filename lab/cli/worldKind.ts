import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type LabFolder, Mistake } from "../engine";
import { unfit } from "../world";

/**
 * - `sim`: cloud, KVM host, tailnet and cluster are played in memory;
 * - `netns`: they are real programs in network namespaces of this machine.
 */
export type WorldKind = "sim" | "netns";

const kinds: WorldKind[] = ["sim", "netns"];

/** The world of the lab in this folder: of the one that is there, or else the one that is asked for. */
export function worldKind(folder: LabFolder, asked: string | undefined): WorldKind {
  const file = join(folder.path, "world-kind");
  const wanted = kinds.find((kind) => kind === asked);
  if (asked !== undefined && !wanted)
    throw new Mistake(`There is no world \`${asked}\`; write \`--world sim\` or \`--world netns\`.`);
  const present = existsSync(file) ? (readFileSync(file, "utf8").trim() as WorldKind) : undefined;
  if (present && wanted && present !== wanted)
    throw new Mistake(`This checkout has a lab of the world \`${present}\`: \`npm run lab:down\` ends it first.`);
  const kind = present ?? wanted ?? "sim";
  const reason = kind === "netns" ? unfit() : undefined;
  if (reason !== undefined) throw new Mistake(`The world \`netns\` does not run here: ${reason}.`);
  return kind;
}

export function keepWorldKind(folder: LabFolder, kind: WorldKind): void {
  writeFileSync(join(folder.path, "world-kind"), `${kind}\n`);
}
