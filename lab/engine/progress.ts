import type { StepEventMetadata } from "@pulumi/pulumi/automation";
import type { Console } from "./console";
import { duration } from "./console";
import { type EngineEvent, isChange, labelOf, plainText } from "./events";

const verbs: Record<string, { doing: string; done: string }> = {
  create: { doing: "creating", done: "created" },
  "create-replacement": { doing: "creating anew", done: "created anew" },
  update: { doing: "updating", done: "updated" },
  delete: { doing: "deleting", done: "deleted" },
  "delete-replaced": { doing: "deleting the old", done: "deleted the old" },
  "discard-replaced": { doing: "discarding the old", done: "discarded the old" },
  replace: { doing: "replacing", done: "replaced" },
  import: { doing: "importing", done: "imported" },
  read: { doing: "reading", done: "read" },
  refresh: { doing: "refreshing", done: "refreshed" },
};

interface Step {
  operation: string;
  label: string;
  started: number;
}

/** How long a step may take before, off a terminal, a line says that it is still going on. */
const stillMs = 15_000;

/** An update as it goes: a line for each resource that changed, with its time, and on a terminal what is being done right now. */
export class Progress {
  private readonly steps = new Map<string, Step>();
  private finished = 0;
  private readonly unchanged = new Set<string>();
  private readonly timer: NodeJS.Timeout;
  private noted = Date.now();

  constructor(
    private readonly console: Console,
    private readonly now: () => number = Date.now,
  ) {
    this.timer = setInterval(() => {
      this.tick();
    }, 500);
  }

  stop(): void {
    clearInterval(this.timer);
    this.console.status("");
  }

  readonly onEvent = (event: EngineEvent): void => {
    if (event.resourcePreEvent) this.begin(event.resourcePreEvent.metadata);
    if (event.resOutputsEvent) this.end(event.resOutputsEvent.metadata, event.resOutputsEvent.planning ?? false);
    if (event.resOpFailedEvent) this.fail(event.resOpFailedEvent.metadata);
    if (event.diagnosticEvent) this.say(event.diagnosticEvent);
    this.show();
  };

  private begin(metadata: StepEventMetadata): void {
    const { op, urn } = metadata;
    if (!isChange(op) || isHidden(metadata)) return;
    this.steps.set(urn, { operation: op, label: labelOf(urn), started: this.now() });
  }

  private end(metadata: StepEventMetadata, planning: boolean): void {
    if (isHidden(metadata)) return;
    const { op, urn } = metadata;
    if (!isChange(op)) {
      this.unchanged.add(urn);
      return;
    }
    const step = this.steps.get(urn);
    // A replacement shows as the steps it is made of.
    if (step === undefined || op === "replace") return;
    this.steps.delete(urn);
    this.finished++;
    const verb = verbs[op]?.done ?? op;
    const took = planning ? "" : this.took(step);
    this.console.line(`  ${this.console.green(sign(op))} ${planning ? `to be ${verb}` : verb} ${labelOf(urn)}${took}`);
  }

  private fail({ op, urn }: { op: string; urn: string }): void {
    const step = this.steps.get(urn);
    this.steps.delete(urn);
    const took = step === undefined ? "" : this.took(step);
    this.console.line(`  ${this.console.red("✗")} failed ${verbs[op]?.doing ?? op} ${labelOf(urn)}${took}`);
  }

  private say(event: NonNullable<EngineEvent["diagnosticEvent"]>): void {
    const text = plainText(event.message);
    if (text === "" || event.ephemeral) return;
    // Errors are shown in full at the end, where they are not scrolled away. The rest is the SDK talking to itself, secrets and all.
    if (event.severity !== "info" && event.severity !== "info#err" && event.severity !== "warning") return;
    const from = event.urn ? `${labelOf(event.urn)}: ` : "";
    const shown =
      event.severity === "warning" ? this.console.yellow(`! ${from}${text}`) : this.console.dim(from + text);
    this.console.line(indent(shown));
  }

  private took(step: Step): string {
    const elapsed = this.now() - step.started;
    return elapsed < 1000 ? "" : this.console.dim(`  ${duration(elapsed)}`);
  }

  private tick(): void {
    this.show();
    if (this.console.isTerminal || this.now() - this.noted < stillMs) return;
    this.noted = this.now();
    for (const step of this.steps.values()) {
      const elapsed = this.now() - step.started;
      if (elapsed >= stillMs)
        this.console.line(
          `    still ${verbs[step.operation]?.doing ?? step.operation} ${step.label}, ${duration(elapsed)}`,
        );
    }
  }

  private show(): void {
    const oldest = [...this.steps.values()].sort((a, b) => a.started - b.started);
    const doing = oldest.slice(0, 3).map((step) => `${step.label} ${duration(this.now() - step.started)}`);
    const more = oldest.length > 3 ? ` and ${oldest.length - 3} more` : "";
    const counts = `${this.finished} done${this.unchanged.size > 0 ? `, ${this.unchanged.size} unchanged` : ""}`;
    this.console.status(`  … ${counts}${doing.length > 0 ? ` · ${doing.join(", ")}${more}` : ""}`);
  }
}

/** Components, the stack among them, only hold what is made; providers are no news either. */
function isHidden({ type, new: now, old }: StepEventMetadata): boolean {
  return !(now ?? old)?.custom || type.startsWith("pulumi:providers:");
}

function sign(operation: string): string {
  if (operation.startsWith("delete") || operation.startsWith("discard")) return "-";
  return operation === "update" ? "~" : "+";
}

function indent(text: string): string {
  return text
    .split("\n")
    .map((line) => `    ${line}`)
    .join("\n");
}
