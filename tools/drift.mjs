// What of a stack is not as the last update left it: `node tools/drift.mjs [stack …] [--without sites] [--without cluster] > report.md`, all
// stacks where none is named. Changes nothing. Exit code 0: nothing; 1: drift; 2: a stack could not be looked at.
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { hasTailscaleCredentials, root, stacksIn } from "./changed-stacks.mjs";

/** What cannot be seen from a machine that does not reach it, by name, as patterns of URNs. */
const places = {
  sites: { patterns: ["**edge:EdgeSite**", "**edge:EdgeNode**"], means: "the KVM hosts and the machines on them" },
  cluster: {
    patterns: ["**$kubernetes:**", "**dynamic/kubernetes:**", "**dynamic/talos:**"],
    means: "the Kubernetes API and the Talos API",
  },
};

/**
 * What goes without being missed: a used key, which the tailnet forgets after a while, and a seed image, which is only on the computer that
 * made it.
 */
const expectedToGo = ["**tailscale:index/tailnetKey:TailnetKey**", "**libvirt:index/cloudinitDisk:CloudinitDisk**"];

/** @param {string[]} without - names of `places`. */
export function refreshArguments(stack, without) {
  const excluded = [...expectedToGo, ...without.flatMap((place) => places[place].patterns)];
  return [
    ...["refresh", "--preview-only", "--expect-no-changes", "--json", "--non-interactive", "--stack", stack],
    ...excluded.flatMap((pattern) => ["--exclude", pattern]),
  ];
}

/** `Instance setup02-cluster-worker-1-machine-instance` */
function labelOf(urn) {
  const [, , types = "", ...name] = urn.split("::");
  return `${types.split(/[$:/]/).at(-1)} \`${name.join("::")}\``;
}

/** Names of inputs that differ; never values, which may be secret. */
function differing(before = {}, after = {}) {
  return [...new Set([...Object.keys(before), ...Object.keys(after)])]
    .filter((key) => !key.startsWith("__") && JSON.stringify(before[key]) !== JSON.stringify(after[key]))
    .sort();
}

function sentence({ op, urn, old, new: now }) {
  if (op === "delete") return `${labelOf(urn)} is gone.`;
  // A site's network says in words what is different on its host.
  const said = now?.outputs?.drift;
  if (Array.isArray(said) && said.length > 0) return `${labelOf(urn)}: ${said.join(" ")}`;
  const keys = differing(old?.inputs, now?.inputs);
  return `${labelOf(urn)} was changed${keys.length > 0 ? `: ${keys.join(", ")}` : ""}.`;
}

/** The findings and errors in the engine's events, a sentence each. */
export function findings(stdout) {
  const events = stdout
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line));
  return {
    drift: events
      .flatMap(({ resOutputsEvent }) => resOutputsEvent?.metadata ?? [])
      .filter(({ op }) => !["same", "refresh", "read"].includes(op))
      .map(sentence)
      .sort(),
    errors: events
      .flatMap(({ diagnosticEvent }) => (diagnosticEvent?.severity === "error" ? diagnosticEvent.message : []))
      .map((message) => message.replaceAll(/<\{%.*?%\}>/g, "").trim()),
  };
}

/** @param {{ stack: string, code: number | null, stdout: string, stderr: string }} run - one refresh. */
export function verdict({ stack, code, stdout, stderr }) {
  const { drift, errors } = findings(stdout);
  // 7 is the engine's code for changes where none were expected.
  if (code === 0 || (code === 7 && drift.length > 0)) return { stack, drift, failure: undefined };
  return { stack, drift, failure: [...errors, stderr.trim()].find((text) => text !== "") ?? `exit code ${code}` };
}

/** The report in Markdown. */
export function report(verdicts, without) {
  const parts = verdicts.map(({ stack, drift, failure }) => {
    const lines = [
      ...drift.map((text) => `- ${text}`),
      ...(failure === undefined ? [] : ["Could not be looked at in full:", "", "```text", failure, "```"]),
    ];
    return [`### ${stack}`, "", ...(lines.length > 0 ? lines : ["As the last update left it."])].join("\n");
  });
  const unseen = without.map((place) => places[place].means);
  const note = unseen.length > 0 ? [`Not looked at, as this run does not reach them: ${unseen.join("; ")}.`] : [];
  return [...parts, ...note].join("\n\n") + "\n";
}

function look(stack, without) {
  // The provider refuses two kinds of credentials at once: a stack's own go before those of the environment.
  const own = hasTailscaleCredentials(readFileSync(join(root, `Pulumi.${stack}.yaml`), "utf8"));
  const env = Object.fromEntries(
    Object.entries(process.env).filter(
      ([name, value]) => value !== "" && !(own && /^TAILSCALE_(API_KEY|OAUTH_)/.test(name)),
    ),
  );
  const { status, stdout, stderr, error } = spawnSync("pulumi", refreshArguments(stack, without), {
    cwd: root,
    env,
    encoding: "utf8",
    maxBuffer: 1024 ** 3,
  });
  return verdict({ stack, code: status, stdout: stdout ?? "", stderr: error?.message ?? stderr });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const words = process.argv.slice(2);
  const isPlace = (_word, at) => words[at - 1] === "--without";
  const without = words.filter(isPlace);
  const named = words.filter((word, at) => word !== "--without" && !isPlace(word, at));
  const unknown = without.filter((place) => !(place in places));
  if (unknown.length > 0) {
    console.error(`There is no place ${unknown.join(", ")} to leave out; write ${Object.keys(places).join(" or ")}.`);
    process.exit(2);
  }
  const stacks = named.length > 0 ? named : stacksIn(readdirSync(root)).map(({ stack }) => stack);
  const verdicts = stacks.map((stack) => look(stack, without));
  process.stdout.write(report(verdicts, without));
  if (verdicts.some(({ failure }) => failure !== undefined)) process.exitCode = 2;
  else if (verdicts.some(({ drift }) => drift.length > 0)) process.exitCode = 1;
}
