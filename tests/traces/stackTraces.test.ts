import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { cacheStackTraces } from "../../components/traces";

const hooks = Error as { prepareStackTrace?: (error: Error, frames: NodeJS.CallSite[]) => unknown };
const before = hooks.prepareStackTrace;
/** How many lines were made, as source maps make them. */
let made: number;

beforeEach(() => {
  made = 0;
  hooks.prepareStackTrace = (error, frames) => {
    made += frames.length;
    return `${error.name}: ${error.message}${frames.map((frame) => line(frame)).join("")}`;
  };
});
afterEach(() => {
  hooks.prepareStackTrace = before;
});

function line(frame: NodeJS.CallSite): string {
  const place = [frame.getFileName(), frame.getLineNumber(), frame.getColumnNumber()].join(":");
  return `\n    at ${frame.getFunctionName() ?? "<anonymous>"} (${place})`;
}

function trace(message: string): string {
  return new Error(message).stack ?? "";
}

function traces(messages: string[]): string[] {
  return messages.map((message) => trace(message));
}

describe("cacheStackTraces", () => {
  it("leaves a trace as it was", () => {
    const [plain] = traces(["a reason"]);
    cacheStackTraces();
    const [cached, again] = traces(["a reason", "a reason"]);
    const inTrace = (text = ""): string => text.split("\n").slice(0, 3).join("\n");
    expect(inTrace(plain)).toMatch(/^Error: a reason\n {4}at trace \(.*stackTraces\.test\.ts:\d+:\d+\)\n {4}at /);
    expect(inTrace(cached)).toBe(inTrace(plain));
    expect(again).toBe(cached);
  });

  it("makes the line of a place once", () => {
    cacheStackTraces();
    const [first, second] = traces(["one", "two"]);
    const once = made;
    traces(["three", "four", "five"]);
    // Only this function's own line is of another place.
    expect(made - once).toBeLessThanOrEqual(1);
    expect(first).toMatch(/^Error: one\n/);
    expect(second).toMatch(/^Error: two\n/);
  });

  it("does nothing where lines are not made by anybody", () => {
    hooks.prepareStackTrace = undefined;
    cacheStackTraces();
    expect(hooks.prepareStackTrace).toBeUndefined();
  });
});
