/** What earlier updates of the stack left in its state. Pure. */

export interface HeldResource {
  /** Logical name. */
  name: string;
  /** `gcp:compute/instance:Instance`. */
  type: string;
  /** What the provider said of it, secrets in clear: never to be shown. */
  outputs: Record<string, unknown>;
}

/** The stack's resources and outputs as this update found them, whether the updates before it ended well or not. */
export class Held {
  static readonly nothing = new Held([], {});

  constructor(
    private readonly resources: readonly HeldResource[],
    /** The stack's own outputs, which only an update that ends well writes. */
    readonly outputs: Record<string, unknown>,
  ) {}

  /** All resources of a type. */
  all(type: string): HeldResource[] {
    return this.resources.filter((resource) => resource.type === type);
  }

  find(type: string, name: string): HeldResource | undefined {
    return this.all(type).find((resource) => resource.name === name);
  }
}

/** Resources by URN, as the engine tells them; the URN's last part is the logical name. */
export function heldResources(byUrn: unknown): HeldResource[] {
  return Object.entries(record(byUrn)).map(([urn, resource]) => {
    const { type, outputs } = record(resource);
    return {
      name: urn.slice(urn.lastIndexOf("::") + 2),
      type: typeof type === "string" ? type : "",
      outputs: record(outputs),
    };
  });
}

export function record(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}

export function textOf(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}
