/** V8 asks this hook for the text of a trace. Where source maps are in use, they have set it. */
const hooks = Error as { prepareStackTrace?: (error: Error, frames: NodeJS.CallSite[]) => unknown };

/**
 * Makes stack traces cheap. Pulumi's SDK takes one for every promise that it makes, some hundred for each resource, and each of its lines
 * is looked up in a source map anew: two fifths of the program's time. A line's text follows from the place in the code, so it is made once.
 */
export function cacheStackTraces(): void {
  const prepare = hooks.prepareStackTrace;
  if (prepare === undefined) return;
  const render = (error: Error, frames: NodeJS.CallSite[]): string => String(prepare(error, frames));
  const blank = new Error("");
  const headLength = render(blank, []).length;
  const lines = new Map<string, string>();
  const lineOf = (frame: NodeJS.CallSite): string => {
    const place = `${frame.getFileName()}:${frame.getLineNumber()}:${frame.getColumnNumber()}:${frame.getFunctionName()}`;
    let line = lines.get(place);
    if (line === undefined) {
      line = render(blank, [frame]).slice(headLength);
      lines.set(place, line);
    }
    return line;
  };
  // Put together by `+`, all traces share the texts of their lines: the SDK keeps every one of them.
  hooks.prepareStackTrace = (error, frames) => frames.reduce((text, frame) => text + lineOf(frame), render(error, []));
}
