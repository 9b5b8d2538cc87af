// node serialise.mjs <module> <source of a function from the module to a provider>: prints the provider as Pulumi serialises it.
// A file of its own: under `node -e` Node's modules are global variables, and their imports would be left out.
import { createRequire } from "node:module";
import { resolve } from "node:path";

const require = createRequire(import.meta.url);
const tsutils = require("@pulumi/pulumi/tsutils");
const { tsnodeRequire, typescriptRequire } = tsutils.typeScriptRequireStrings();
require(tsnodeRequire).register({
  compiler: typescriptRequire,
  transpileOnly: true,
  project: "tsconfig.json",
  compilerOptions: tsutils.loadTypeScriptCompilerOptions("tsconfig.json"),
});
const [module, make] = process.argv.slice(2);
const provider = eval(`(${make})`)(require(resolve(module)));
const { text } = await require("@pulumi/pulumi").runtime.serializeFunction(() => provider);
process.stdout.write(text);
