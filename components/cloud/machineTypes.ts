/** Machine series that attach Hyperdisks only; all the others take a balanced persistent disk. */
const hyperdiskSeries = new Set(["c4", "c4a", "c4d", "n4", "n4a", "n4d", "x4"]);

/** The boot disk's type, the cheapest SSD that goes with the machine type: etcd needs the short writes of one. */
export function bootDiskType(machineType: string): "pd-balanced" | "hyperdisk-balanced" {
  const [series = ""] = machineType.split("-", 1);
  return hyperdiskSeries.has(series) ? "hyperdisk-balanced" : "pd-balanced";
}
