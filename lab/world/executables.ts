/** Writes the lab's own tools, which are kept as scripts beside the code. */
import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** Copies a script, executable whatever the checkout says, with each `@NAME@` filled in as one word of sh. */
export function installScript(from: string, to: string, values: Record<string, string> = {}): void {
  const text = readFileSync(from, "utf8");
  mkdirSync(dirname(to), { recursive: true });
  writeFileSync(
    to,
    text.replace(/@([A-Z]+)@/g, (whole, name: string) => {
      const value = values[name];
      return value === undefined ? whole : `'${value.replaceAll("'", "'\\''")}'`;
    }),
  );
  chmodSync(to, 0o755);
}

/** Makes a folder hold the scripts of another one, and nothing else. The folder itself stays: something may have it open. */
export function installScripts(from: string, to: string): void {
  const wanted = readdirSync(from);
  mkdirSync(to, { recursive: true });
  for (const name of readdirSync(to)) {
    if (!wanted.includes(name)) rmSync(join(to, name), { recursive: true });
  }
  for (const name of wanted) installScript(join(from, name), join(to, name));
}
