/** Texts that others read later: YAML patches, Kubernetes labels and taints. */
import { isRecord } from "./fields";
import { fieldName, type Path } from "./paths";
import type { Rule } from "./rule";
import type { StackConfig } from "./schema";
import { show } from "./show";
import { readYaml } from "./yamlText";

interface Patch {
  path: Path;
  text: string;
}

function patchesOf({ patches, cloud, sites }: StackConfig): Patch[] {
  const groups: { path: Path; texts: string[] }[] = [
    ...Object.entries(patches).map(([kind, texts]) => ({ path: ["patches", kind], texts })),
    ...(["controlPlanes", "workers"] as const).map((kind) => ({
      path: ["cloud", kind, "patches"],
      texts: cloud?.[kind].patches ?? [],
    })),
    ...sites.flatMap((site, s) =>
      site.nodes.map((node, n) => ({ path: ["sites", s, "nodes", n, "patches"], texts: node.patches })),
    ),
  ];
  return groups.flatMap(({ path, texts }) => texts.map((text, index) => ({ path: [...path, index], text })));
}

/** What keeps a text from being a patch. Its content is not repeated: it may hold keys. */
function patchMistake(text: string): string | undefined {
  const { badLine, values } = readYaml(text);
  if (badLine !== undefined) return `is not YAML (line ${badLine} of the patch)`;
  if (values.every((value) => value === null)) return "is empty";
  if (values.some((value) => Array.isArray(value))) {
    return "is a list (a JSON patch), which Talos does not take for its newer documents";
  }
  return values.every((value) => value === null || isRecord(value)) ? undefined : "is YAML, but not a group of fields";
}

const readablePatches: Rule = (config) =>
  patchesOf(config).flatMap(({ path, text }) => {
    const wrong = patchMistake(text);
    return wrong === undefined
      ? []
      : [
          `${fieldName(path)} ${wrong}; write a strategic merge patch, for example "machine: {sysctls: {vm.swappiness: '0'}}".`,
        ];
  });

const labelName = /^[A-Za-z0-9]([\w.-]{0,61}[A-Za-z0-9])?$/;
const labelPrefix = /^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/;
const effects = ["NoSchedule", "PreferNoSchedule", "NoExecute"];

function isLabelKey(key: string): boolean {
  const parts = key.split("/");
  const [prefix, name] = parts.length === 1 ? [undefined, parts[0]] : parts;
  return parts.length <= 2 && labelName.test(name ?? "") && (prefix === undefined || labelPrefix.test(prefix));
}

const isLabelValue = (value: string): boolean => value === "" || labelName.test(value);

function labelMistake(key: string, value: string): string | undefined {
  if (!isLabelKey(key)) return "has a key that Kubernetes does not take; write for example rack: r1";
  if (!isLabelValue(value)) {
    return `is ${show(value)}, but must be at most 63 letters, digits, -, _ and ., with a letter or digit at both ends; write for example r1`;
  }
  return undefined;
}

const labels: Rule = ({ sites }) =>
  sites.flatMap((site, s) =>
    site.nodes.flatMap((node, n) =>
      Object.entries(node.labels).flatMap(([key, value]) => {
        const wrong = labelMistake(key, value);
        return wrong === undefined ? [] : [`${fieldName(["sites", s, "nodes", n, "labels", key])} ${wrong}.`];
      }),
    ),
  );

function taintMistake(key: string, taint: string): string | undefined {
  if (!isLabelKey(key)) return "has a key that Kubernetes does not take; write for example dedicated: edge:NoSchedule";
  const at = taint.lastIndexOf(":");
  const [value, effect] = [taint.slice(0, Math.max(at, 0)), taint.slice(at + 1)];
  if (at >= 0 && isLabelValue(value) && effects.includes(effect)) return undefined;
  return `is ${show(taint)}, but must be value:Effect with the effect NoSchedule, PreferNoSchedule or NoExecute; write for example edge:NoSchedule`;
}

const taints: Rule = ({ sites }) =>
  sites.flatMap((site, s) =>
    site.nodes.flatMap((node, n) =>
      Object.entries(node.taints).flatMap(([key, value]) => {
        const wrong = taintMistake(key, value);
        return wrong === undefined ? [] : [`${fieldName(["sites", s, "nodes", n, "taints", key])} ${wrong}.`];
      }),
    ),
  );

export const textRules = [readablePatches, labels, taints];
