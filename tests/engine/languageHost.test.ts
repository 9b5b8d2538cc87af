import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { begun, openLab, root, said, state, type TestLab } from "./harness";

const program = join(root, "tests", "engine", "programs", "small");
let lab: TestLab;

beforeAll(async () => {
  lab = await openLab(program);
});
afterAll(async () => {
  await lab.close();
});
beforeEach(() => {
  lab.events.length = 0;
});

function mode(value: string): void {
  lab.engine.setConfig("small:mode", value);
}

describe("the language host", () => {
  it("runs the program as a dry run in a preview", async () => {
    const outcome = await lab.engine.preview(lab.onEvent);
    expect(outcome).toMatchObject({ ok: true, errors: [], changes: { create: 2 } });
    expect(said(lab)).toContain("mode plain of small/lab for organization");
    expect((await state(lab)).resources ?? []).toEqual([]);
  });

  it("passes config and secrets, and what the program prints", async () => {
    lab.engine.setConfig("small:token", "tskey-of-the-test");
    const outcome = await lab.engine.up(lab.onEvent);
    expect(outcome).toMatchObject({ ok: true, errors: [], changes: { create: 2 } });
    expect(said(lab)).toEqual(expect.arrayContaining(["mode plain of small/lab for organization", "a word on stderr"]));
    expect(await lab.engine.outputs()).toEqual({
      second: "",
      firstId: "id-of-hidden-word",
      isSecret: "tskey-of-the-test",
      place: program,
      dryRun: false,
    });
    const exported = await lab.engine.exportState();
    expect(exported).not.toContain('"hidden-word"');
  });

  it("leaves the program's folder as it is", () => {
    expect(() => readFileSync(join(program, "Pulumi.lab.yaml"))).toThrow("ENOENT");
  });

  it("ends an update at a mistake that the program has told, without a stack", async () => {
    mode("mistake");
    const outcome = await lab.engine.up(lab.onEvent);
    expect(outcome.ok).toBe(false);
    expect(outcome.errors).toEqual(["small:mode: this is a mistake. Write `plain`."]);
  });

  it("shows an exception of the program where it was thrown", async () => {
    mode("exception");
    const outcome = await lab.engine.up(lab.onEvent);
    expect(outcome.ok).toBe(false);
    expect(outcome.errors.join("\n")).toMatch(/TypeError: thrown by the program[^]*programs\/small\/index\.ts:\d+/);
  });

  it("fails an update whose program exits, and deletes nothing", async () => {
    mode("exit");
    const outcome = await lab.engine.up(lab.onEvent);
    expect(outcome.ok).toBe(false);
    expect(outcome.errors.join("\n")).toContain("The program exited with code 3.");
    expect(begun(lab, "delete")).toEqual([]);
    expect((await state(lab)).resources?.map(({ type }) => type)).toContain("pulumi-nodejs:dynamic:Resource");
  });

  it("ends the program when the update is interrupted", async () => {
    mode("hang");
    const update = lab.engine.up((event) => {
      lab.onEvent(event);
      if (event.diagnosticEvent?.message.includes("mode hang")) lab.engine.interrupt();
    });
    const outcome = await update;
    expect(outcome).toMatchObject({ ok: false, interrupted: true });
  });

  it("keeps what was made before an interrupt, and goes on from there", async () => {
    expect((await lab.engine.destroy(lab.onEvent)).ok).toBe(true);
    mode("slow");
    lab.events.length = 0;
    const outcome = await lab.engine.up((event) => {
      lab.onEvent(event);
      if (event.resourcePreEvent?.metadata.urn.endsWith("::first")) lab.engine.interrupt();
    });
    expect(outcome).toMatchObject({ ok: false, interrupted: true });
    expect(begun(lab, "create").filter((urn) => urn.endsWith("::second"))).toEqual([]);
    const again = await lab.engine.up(lab.onEvent);
    expect(again).toMatchObject({ ok: true, errors: [] });
    expect(await lab.engine.outputs()).toMatchObject({ firstId: "id-of-hidden-word", second: "id-of-next" });
  });
});
