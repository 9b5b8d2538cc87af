import { createHash } from "node:crypto";

/** The first hexadecimal digits of the text's digest, for names that must be short and differ. */
export function shortDigest(text: string, digits: number): string {
  return createHash("sha256").update(text).digest("hex").slice(0, digits);
}
