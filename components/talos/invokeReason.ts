/** What a function of a provider said when it failed, in one line and without the words that engine, SDK and bridge put around it. Pure. */
export function invokeReason(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text
    .replace(/^invocation of \S+ returned an error: |^Invoke of '\S+' failed: /, "")
    .replace(/\d+ errors? occurred:/, "")
    .split(/\s*[\n*]\s*/)
    .filter((line) => line !== "")
    .join("; ")
    .replace(/[.;\s]+$/, "");
}
