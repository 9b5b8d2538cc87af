/** Whether a function of a provider was cut off because the update ends: something else went wrong, and is told by itself. */
export function wasCutOff(error: unknown): boolean {
  return /client connection is closing|was cancelled|context canceled|monitor is terminating/i.test(
    invokeReason(error),
  );
}

/** What a function of a provider said when it failed, in one line and without the words that engine, SDK and bridge put around it. Pure. */
export function invokeReason(error: unknown): string {
  return invokeText(error)
    .replace(/\d+ errors? occurred:/, "")
    .split(/\s*[\n*]\s*/)
    .filter((line) => line !== "")
    .join("; ")
    .replace(/[.;\s]+$/, "");
}

/** The same in all its lines, with the bridge's words. */
export function invokeText(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.replace(/^invocation of \S+ returned an error: |^Invoke of '\S+' failed: /i, "");
}
