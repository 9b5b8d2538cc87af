/** Which objects a selector means. */
import { isObject, listAt, textAt, textsAt, textsIn } from "../../json";
import type { KubeObject } from "../model";

type Labels = Record<string, string>;

/** `a=b,c!=d,e in (x,y),f,!g`, as in a query. */
export function matchesLabelQuery(labels: Labels, query: string): boolean {
  const terms = query
    .split(/,(?![^(]*\))/)
    .map((term) => term.trim())
    .filter((term) => term !== "");
  return terms.every((term) => {
    const [, key = "", operator = "", list = ""] = /^(\S+)\s+(in|notin)\s*\(([^)]*)\)$/.exec(term) ?? [];
    if (key !== "") {
      const isListed = list
        .split(",")
        .map((value) => value.trim())
        .includes(labels[key] ?? "");
      return operator === "in" ? isListed && key in labels : !isListed;
    }
    const [, name = "", comparison = "", value = ""] = /^([^=!]+)(==|=|!=)(.*)$/.exec(term) ?? [];
    if (comparison === "!=") return labels[name.trim()] !== value.trim();
    if (comparison !== "") return labels[name.trim()] === value.trim();
    return term.startsWith("!") ? !(term.slice(1) in labels) : term in labels;
  });
}

/** `metadata.name=x,spec.nodeName!=y`, as in a query. */
export function matchesFieldQuery(object: KubeObject, query: string): boolean {
  return query
    .split(",")
    .filter((term) => term !== "")
    .every((term) => {
      const [, path = "", comparison = "", value = ""] = /^([^=!]+)(==|=|!=)(.*)$/.exec(term) ?? [];
      const found = textAt(object, ...path.split(".")) ?? "";
      return comparison === "!=" ? found !== value : found === value;
    });
}

/** A `LabelSelector` of a spec, or the plain map of a Service. */
export function matchesSelector(labels: Labels, selector: unknown): boolean {
  const isPlain = isObject(selector) && !("matchLabels" in selector) && !("matchExpressions" in selector);
  const wanted = isPlain ? textsAt(selector) : textsAt(selector, "matchLabels");
  if (!Object.entries(wanted).every(([key, value]) => labels[key] === value)) return false;
  return listAt(selector, "matchExpressions").every((expression) => matchesExpression(labels, expression));
}

function matchesExpression(labels: Labels, expression: unknown): boolean {
  const key = textAt(expression, "key") ?? "";
  const values = textsIn(expression, "values");
  switch (textAt(expression, "operator")) {
    case "In":
      return values.includes(labels[key] ?? "") && key in labels;
    case "NotIn":
      return !values.includes(labels[key] ?? "");
    case "Exists":
      return key in labels;
    case "DoesNotExist":
      return !(key in labels);
    default:
      return false;
  }
}

/** Whether the scheduler would put a pod with this spec on the node. */
export function fitsNode(podSpec: unknown, node: KubeObject, tolerated: string[] = []): boolean {
  const name = textAt(podSpec, "nodeName");
  if (name !== undefined) return name === node.metadata.name;
  const labels = node.metadata.labels ?? {};
  if (!matchesSelector(labels, textsAt(podSpec, "nodeSelector"))) return false;
  const terms = listAt(
    podSpec,
    "affinity",
    "nodeAffinity",
    "requiredDuringSchedulingIgnoredDuringExecution",
    "nodeSelectorTerms",
  );
  const affine =
    terms.length === 0 ||
    terms.some((term) => listAt(term, "matchExpressions").every((entry) => matchesExpression(labels, entry)));
  const cordoned =
    isObject(node.spec) && node.spec.unschedulable === true && !tolerated.includes("node.kubernetes.io/unschedulable");
  return affine && !cordoned && listAt(node, "spec", "taints").every((taint) => isTolerated(taint, podSpec, tolerated));
}

function isTolerated(taint: unknown, podSpec: unknown, tolerated: string[]): boolean {
  const key = textAt(taint, "key") ?? "";
  const effect = textAt(taint, "effect");
  if (effect === "PreferNoSchedule" || tolerated.includes(key)) return true;
  return listAt(podSpec, "tolerations").some((toleration) => {
    const wantedKey = textAt(toleration, "key");
    const wantedEffect = textAt(toleration, "effect");
    if (wantedEffect !== undefined && wantedEffect !== effect) return false;
    if (textAt(toleration, "operator") === "Exists") return wantedKey === undefined || wantedKey === key;
    return wantedKey === key && (textAt(toleration, "value") ?? "") === (textAt(taint, "value") ?? "");
  });
}
