export { DynamicResource } from "./dynamicResource";
