// Keeps one open issue while there is drift: `node tools/drift-issue.mjs <exit code of tools/drift.mjs> <its report>`. Needs `gh` and GH_TOKEN.
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";

export const title = "The infrastructure is not as the last update left it";
const hint =
  "\nWhere a machine or its tailnet device is gone, raise that machine's generation; then `pulumi up --refresh` repairs it. " +
  "docs/operations/pull-requests.md says more.\n";

/**
 * What to do about the issue.
 *
 * @param {"0" | "1" | "2"} code - a run that could not look (2) never closes the issue.
 * @param {number | undefined} open - number of the open issue.
 * @returns {string[] | undefined} arguments of `gh`; the body of an issue comes on stdin.
 */
export function issueCommand(code, open) {
  if (code === "0")
    return open === undefined ? undefined : ["issue", "close", String(open), "--comment", "Found as it should be."];
  return open === undefined
    ? ["issue", "create", "--title", title, "--body-file", "-"]
    : ["issue", "edit", String(open), "--body-file", "-"];
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { readFileSync } = await import("node:fs");
  const [code, file] = process.argv.slice(2);
  if (!["0", "1", "2"].includes(code)) throw new Error(`tools/drift.mjs does not end with exit code ${code}.`);
  const gh = (args, input) => execFileSync("gh", args, { encoding: "utf8", input });
  const listed = JSON.parse(
    gh(["issue", "list", "--state", "open", "--search", `in:title "${title}"`, "--json", "number,title"]),
  );
  const command = issueCommand(code, listed.find((issue) => issue.title === title)?.number);
  if (command !== undefined) process.stdout.write(gh(command, readFileSync(file, "utf8") + hint));
}
