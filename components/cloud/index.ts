export * from "./cloudNetwork";
export * from "./cloudNode";
export * from "./cloudPlan";
