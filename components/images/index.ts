export * from "./gcpImage";
export * from "./gcpImageName";
export * from "./imageUrls";
export { Schematic, type SchematicArgs } from "./schematic";
export * from "./schematicId";
