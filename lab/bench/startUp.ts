import type { Bench } from "./bench";
import { BenchLab, type Measured } from "./benchLab";
import { type ByKind, total } from "./processes";
import { credentials } from "./stackConfig";
import { type Spread, spread } from "./statistics";

export interface StartUp {
  /** `preview` of the stack `dev` without a state, ms. */
  previewMs: Spread;
  /** Memory of the engine, the program and all plugins where it was highest, of the run with the most, bytes. */
  peak: ByKind;
  /** From the start of the program's process to its first resource, ms: of `dev`, and of `lab` before and after it was built. */
  firstResourceMs: Record<"dev" | "empty" | "existing", Spread>;
}

/** Small stacks, where the start is most of the time. */
export async function startUp(bench: Bench): Promise<StartUp> {
  const dev = await inLab(bench, "dev", credentials, (lab) => previews(lab, bench.runs));
  const { empty, existing } = await inLab(bench, "lab", {}, async (lab) => {
    const before = await previews(lab, bench.runs);
    await lab.run("up");
    return { empty: before, existing: await previews(lab, bench.runs) };
  });
  return {
    previewMs: spread(dev.map(({ milliseconds }) => milliseconds)),
    peak: dev.map(({ peak }) => peak).reduce((most, peak) => (total(peak) > total(most) ? peak : most)),
    firstResourceMs: { dev: firstResource(dev), empty: firstResource(empty), existing: firstResource(existing) },
  };
}

async function inLab<T>(
  bench: Bench,
  stack: string,
  config: Record<string, unknown>,
  work: (lab: BenchLab) => Promise<T>,
): Promise<T> {
  const lab = await BenchLab.open({ ...bench, program: bench.root, stack, config });
  try {
    return await work(lab);
  } finally {
    await lab.close();
  }
}

async function previews(lab: BenchLab, runs: number): Promise<Measured[]> {
  const measured: Measured[] = [];
  for (let run = 0; run < runs; run++) measured.push(await lab.run("preview"));
  return measured;
}

function firstResource(runs: Measured[]): Spread {
  return spread(runs.flatMap(({ firstResourceMs }) => firstResourceMs ?? []));
}
