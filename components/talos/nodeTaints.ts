/** A taint as kubelet's own configuration has it. A type alias, so that it can be a patch's value. */
export type Taint = { key: string; effect: string } | { key: string; value: string; effect: string };

/** Taints such as `key: value:Effect` or `key: Effect`, as a worker's kubelet registers them. */
export function kubeletTaints(taints: Readonly<Record<string, string>>): Taint[] {
  return Object.entries(taints).map(([key, text]) => {
    const colon = text.lastIndexOf(":");
    const effect = text.slice(colon + 1);
    return colon > 0 ? { key, value: text.slice(0, colon), effect } : { key, effect };
  });
}
