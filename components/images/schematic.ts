import * as pulumi from "@pulumi/pulumi";
import * as talos from "@pulumi/talos";
import type { ImageConfig } from "../config/schema";
import { userError } from "../config/userError";
import { schematicId, schematicYaml } from "./schematicId";

export interface SchematicArgs {
  /** What the image holds beyond plain Talos. */
  image: ImageConfig;
  /** Where the image stands in the configuration (`talos-cloud-edge:images.cloud`); begins every message about it. */
  label: string;
}

/**
 * A schematic that the Image Factory knows. Its id could be had without asking, but the Factory builds images only for schematics that
 * were registered there, so everything that downloads one has to come after this.
 */
export class Schematic extends pulumi.ComponentResource {
  /** Id for image URLs and installers; known once the schematic is registered. */
  public readonly schematicId: pulumi.Output<string>;

  constructor(name: string, args: SchematicArgs, opts?: pulumi.ComponentResourceOptions) {
    super("talos-cloud-edge:images:Schematic", name, {}, opts);
    const computed = schematicId(args.image);

    const registration = new talos.ImageFactorySchematic(
      `${name}-registration`,
      { schematic: schematicYaml(args.image) },
      { parent: this },
    );
    this.schematicId = registration.id.apply((answered) => registeredId(args.label, computed, answered));
    this.registerOutputs({ schematicId: this.schematicId });
  }
}

/** The id that the Factory answered with, once it is the one computed here. */
export function registeredId(label: string, computed: string, answered: string): string {
  if (answered !== computed) {
    throw userError([
      `${label}: the Image Factory registered schematic ${answered} where ${computed} was computed from the same content; ` +
        "its images may differ from what is asked for, so nothing is built on them.",
    ]);
  }
  return answered;
}
