/** The mark that a stack puts on what it makes: what an interrupted run left behind is told by it from what is somebody else's. Pure. */
import { textAt } from "../http/json";

const label = "stack-owner";
const inText = /\btalos-cloud-edge owner=([0-9a-f]+)\b/;

/** The mark where a resource has labels. */
export function ownerLabels(owner: string): Record<string, string> {
  return { [label]: owner };
}

/** The mark where it has a description only. */
export function ownerText(owner: string): string {
  return `talos-cloud-edge owner=${owner}`;
}

/** The owner that labels or description of a resource name, or `""`. Inputs and what an API shows have both in the same place. */
export function ownerOf(resource: unknown): string {
  return textAt(resource, "labels", label) || (inText.exec(textAt(resource, "description"))?.[1] ?? "");
}

/** Whether what was found was made by the stack that wants to make the other. */
export function isOurs(found: unknown, wanted: unknown): boolean {
  return ownerOf(found) !== "" && ownerOf(found) === ownerOf(wanted);
}
