export * from "./device";
export * from "./nodeKey";
export * from "./policy";
export * from "./policyDocument";
