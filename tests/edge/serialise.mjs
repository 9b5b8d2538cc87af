/**
 * Prints SiteNetwork's provider as Pulumi writes it into the state. It runs on its own, because what is serialised has to be the code
 * that `pulumi up` loads (TypeScript made into CommonJS by this project's settings), not what the test runner makes of it.
 */
import { readFileSync } from "node:fs";
import { createRequire, Module } from "node:module";

const require = createRequire(import.meta.url);
const typescript = require("typescript");
const { config } = typescript.readConfigFile(require.resolve("../../tsconfig.json"), typescript.sys.readFile);

Module._extensions[".ts"] = (module, path) => {
  const { outputText } = typescript.transpileModule(readFileSync(path, "utf8"), { ...config, fileName: path });
  module._compile(outputText, path);
};

const pulumi = require("@pulumi/pulumi");
const { siteNetworkProvider } = require("../../components/edge/siteNetwork.ts");
const { text } = await pulumi.runtime.serializeFunction(() => siteNetworkProvider);
process.stdout.write(text);
