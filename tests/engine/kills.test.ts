import { afterAll, beforeAll, expect, it } from "vitest";
import { KillLab, type Unharmed } from "./killLab";
import { drawPoints, type KillPoint, random } from "./killPoints";
import { stages } from "./killStages";

/**
 * Interrupted anywhere, finished by the next command: the real engine is killed at random points of a stack's life, and the next `up` or
 * `destroy` must end well, leave nothing for a further one, and leave everything there once and nothing beside it.
 *
 * `KILLS` says how many kills, `KILL_SEED` draws other ones, `KILL_AT` repeats one that failed.
 */
const kills = Number(process.env["KILLS"] ?? 40);
const seed = process.env["KILL_SEED"] ?? "1";
const repeated = process.env["KILL_AT"];
const labsAtATime = 2;

interface Attempt {
  stage: string;
  points: KillPoint[];
}

const unharmed = new Map<string, Unharmed>();
let measured: KillLab;

beforeAll(async () => {
  measured = await KillLab.open();
  for (const stage of stages) unharmed.set(stage.name, await measured.measure(stage));
}, 1_200_000);
afterAll(() => measured.close());

/** One life of a stack. Ends at the first stage that goes wrong: the later ones build on it. */
async function live(lab: KillLab, pointsOf: (stage: string, moments: string[]) => KillPoint[]): Promise<string[]> {
  for (const stage of stages) {
    const { moments, inventory } = unharmed.get(stage.name) ?? { moments: [], inventory: [] };
    const points = pointsOf(stage.name, moments);
    const attempt: Attempt = { stage: stage.name, points: [] };
    for (const point of points) {
      if (await lab.killAt(stage, point)) attempt.points.push(point);
    }
    const where = attempt.points.map(({ moment, victim }) => `"${moment}" (${victim})`).join(", then ");
    const wrong = await lab.finish(stage, inventory);
    if (where !== "") console.log(`${stage.name}, killed at ${where}: ${wrong.length === 0 ? "finished" : "failed"}`);
    if (wrong.length > 0) {
      return [
        `${stage.name}, killed at ${where}:`,
        ...wrong.map((what) => `  ${what}`),
        `  to repeat it alone: KILL_SEED=${seed} KILL_AT='${JSON.stringify(attempt)}'`,
      ];
    }
  }
  return [];
}

it.skipIf(repeated !== undefined)(
  `survives ${kills} kills (seed ${seed})`,
  { timeout: 300_000 + kills * 120_000 },
  async () => {
    let left = kills;
    let lives = 0;
    const failures: string[][] = [];
    const worker = async (first?: KillLab): Promise<void> => {
      let lab = first;
      while (left > 0) {
        lab ??= await KillLab.open();
        const draw = random(`${seed}/${++lives}`);
        const wrong = await live(lab, (_stage, moments) => {
          const points = drawPoints(moments, draw, left);
          left -= points.length;
          return points;
        });
        if (wrong.length === 0) continue;
        failures.push(wrong);
        if (lab !== first) await lab.close();
        lab = undefined;
      }
      if (lab !== first) await lab?.close();
    };
    await Promise.all(Array.from({ length: labsAtATime }, (_, index) => worker(index === 0 ? measured : undefined)));
    expect(failures.map((lines) => lines.join("\n")).join("\n\n")).toBe("");
  },
);

it.runIf(repeated !== undefined)("survives the kill that KILL_AT names", { timeout: 1_200_000 }, async () => {
  const attempt = JSON.parse(repeated ?? "") as Attempt;
  const wrong = await live(measured, (stage) => (stage === attempt.stage ? attempt.points : []));
  expect(wrong.join("\n")).toBe("");
});
