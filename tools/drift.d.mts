export interface Verdict {
  stack: string;
  drift: string[];
  failure: string | undefined;
}
export function refreshArguments(stack: string, without: string[]): string[];
export function findings(stdout: string): { drift: string[]; errors: string[] };
export function verdict(run: { stack: string; code: number | null; stdout: string; stderr: string }): Verdict;
export function report(verdicts: Verdict[], without: string[]): string;
