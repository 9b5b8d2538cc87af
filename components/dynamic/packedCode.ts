import { brotliCompressSync, constants } from "node:zlib";

/** Brotli's default, 11, takes fifty times as long for a tenth less text: a third of a second in every run. */
const quality = 6;

/**
 * A module's code as a module that unpacks it: a quarter of the length. Pulumi stores a dynamic resource's code with each resource, twice,
 * and the engine may write the whole state down after each step.
 */
export function packedCode(code: string): string {
  const packed = brotliCompressSync(code, { params: { [constants.BROTLI_PARAM_QUALITY]: quality } }).toString("base64");
  return `const code = require("zlib").brotliDecompressSync(Buffer.from("${packed}", "base64")).toString();
new Function("exports", "require", code)(exports, require);
`;
}
