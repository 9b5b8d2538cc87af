import { PassThrough } from "node:stream";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Console } from "../../../lab/engine/console";
import { Progress } from "../../../lab/engine/progress";

let printed: string;
let progress: Progress;
let now: number;

beforeEach(() => {
  vi.useFakeTimers();
  printed = "";
  now = 0;
  const out = new PassThrough();
  out.on("data", (chunk: Buffer) => (printed += chunk.toString()));
  progress = new Progress(new Console(out as unknown as NodeJS.WriteStream, false), () => now);
});
afterEach(() => {
  progress.stop();
  vi.useRealTimers();
});

const urn = "urn:pulumi:lab::p::gcp:compute/instance:Instance::master-1";
function metadata(op: string, custom = true) {
  const resource = { custom };
  return {
    op,
    urn,
    type: "gcp:compute/instance:Instance",
    provider: "",
    new: op === "delete" ? undefined : resource,
    old: resource,
  };
}
function send(event: object): void {
  progress.onEvent({ sequence: 1, timestamp: 1, ...event });
}

it("shows what was made and how long it took", () => {
  send({ resourcePreEvent: { metadata: metadata("create") } });
  now = 2500;
  send({ resOutputsEvent: { metadata: metadata("create") } });
  expect(printed).toBe("  + created Instance master-1  2.5 s\n");
});

it("leaves out components, which only hold resources", () => {
  send({ resourcePreEvent: { metadata: metadata("create", false) } });
  send({ resOutputsEvent: { metadata: metadata("create", false) } });
  expect(printed).toBe("");
});

it("says what a preview would do", () => {
  send({ resourcePreEvent: { metadata: metadata("delete"), planning: true } });
  send({ resOutputsEvent: { metadata: metadata("delete"), planning: true } });
  expect(printed).toBe("  - to be deleted Instance master-1\n");
});

it("is silent about what stays", () => {
  send({ resourcePreEvent: { metadata: metadata("same") } });
  send({ resOutputsEvent: { metadata: metadata("same") } });
  expect(printed).toBe("");
});

it("shows a failure, and leaves its reason to the end", () => {
  send({ resourcePreEvent: { metadata: metadata("create") } });
  send({ diagnosticEvent: { urn, severity: "error", message: "quota exceeded", color: "never" } });
  send({ resOpFailedEvent: { metadata: metadata("create"), status: 0, steps: 0 } });
  expect(printed).toBe("  ✗ failed creating Instance master-1\n");
});

it("shows warnings and the program's own words, never what the SDK logs for itself", () => {
  send({ diagnosticEvent: { severity: "debug", message: "secret value s3cret", color: "never" } });
  send({ diagnosticEvent: { severity: "info", message: "hello\n", color: "never" } });
  send({ diagnosticEvent: { urn, severity: "warning", message: "look out", color: "never" } });
  expect(printed).toBe("    hello\n    ! Instance master-1: look out\n");
});

it("off a terminal, says now and then what is still going on", () => {
  now = Date.now();
  send({ resourcePreEvent: { metadata: metadata("create") } });
  now += 20_000;
  vi.advanceTimersByTime(500);
  expect(printed).toBe("    still creating Instance master-1, 20.0 s\n");
});
