export * from "./json";
export * from "./request";
