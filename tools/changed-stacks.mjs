// Which stacks a change touches: `git diff --name-only … | node tools/changed-stacks.mjs >> "$GITHUB_OUTPUT"`. A stack's own file touches
// that stack, the program's files touch all. The lab is no stack to preview: it is run.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = join(fileURLToPath(import.meta.url), "..", "..");

const stackFile = /^Pulumi\.([A-Za-z0-9._-]+)\.yaml$/;
const program =
  /^(index\.ts|Pulumi\.yaml|package\.json|package-lock\.json|tsconfig\.json|tools\/build-sdks\.mjs|(components|patches|sdks)\/.+)$/;
const lab = /^(Pulumi\.lab(-[a-z0-9-]+)?\.yaml|lab\/.+)$/;

/**
 * What the Tailscale provider is given in a preview where the stack's config has no credentials: it wants some, and uses none. Where the
 * config has some, nothing, as the provider refuses two kinds at once.
 */
export const placeholder = "not-a-key-previews-need-none";

/** Whether the text of a stack's config file holds credentials of the tailnet. */
export function hasTailscaleCredentials(text) {
  return /^\s*["']?tailscale:(apiKey|oauthClientSecret)["']?\s*:/m.test(text);
}

/** The stacks that have a config file among `files`, with that file. */
export function stacksIn(files) {
  return files
    .filter((file) => stackFile.test(file) && !lab.test(file))
    .sort()
    .map((file) => ({ stack: stackFile.exec(file)[1], file }));
}

/**
 * @param {string[]} changed - paths of the changed files, those that are gone too.
 * @param {string[]} files - names of the files in the checkout's root.
 * @param {(file: string) => string} read
 */
export function changedStacks(changed, files, read) {
  const touchesProgram = changed.some((path) => program.test(path));
  return {
    stacks: stacksIn(files)
      .filter(({ file }) => touchesProgram || changed.includes(file))
      .map(({ stack, file }) => ({
        stack,
        tailscaleApiKey: hasTailscaleCredentials(read(file)) ? "" : placeholder,
      })),
    lab: touchesProgram || changed.some((path) => lab.test(path)),
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const changed = readFileSync(0, "utf8")
    .split("\n")
    .filter((line) => line !== "");
  const result = changedStacks(changed, readdirSync(root), (file) => readFileSync(join(root, file), "utf8"));
  console.log(`stacks=${JSON.stringify(result.stacks)}`);
  console.log(`lab=${String(result.lab)}`);
}
