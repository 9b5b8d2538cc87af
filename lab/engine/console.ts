/** What the lab prints: whole lines anywhere, and on a terminal one live line at the bottom that the next one takes the place of. */
export class Console {
  private live = "";

  constructor(
    private readonly out: NodeJS.WriteStream = process.stdout,
    private readonly colours = out.isTTY && process.env["NO_COLOR"] === undefined,
  ) {}

  get isTerminal(): boolean {
    return this.out.isTTY;
  }

  line(text = ""): void {
    this.clear();
    this.out.write(`${text}\n`);
    this.draw();
  }

  heading(text: string): void {
    this.line(`\n${this.bold(text)}`);
  }

  /** Shows `text` at the bottom until the next call. Off a terminal nothing is shown. */
  status(text: string): void {
    if (!this.out.isTTY || text === this.live) return;
    this.clear();
    const width = this.out.columns || 80;
    this.live = text.length < width ? text : `${text.slice(0, width - 2)}…`;
    this.draw();
  }

  bold(text: string): string {
    return this.paint("1", text);
  }

  dim(text: string): string {
    return this.paint("2", text);
  }

  green(text: string): string {
    return this.paint("32", text);
  }

  red(text: string): string {
    return this.paint("31", text);
  }

  yellow(text: string): string {
    return this.paint("33", text);
  }

  private paint(code: string, text: string): string {
    return this.colours ? `\u001b[${code}m${text}\u001b[0m` : text;
  }

  private clear(): void {
    if (this.live !== "") this.out.write("\r\u001b[2K");
  }

  private draw(): void {
    if (this.live !== "") this.out.write(this.live);
  }
}

/** `850 ms`, `12.3 s`, `4 min 05 s`. */
export function duration(milliseconds: number): string {
  if (milliseconds < 1000) return `${Math.round(milliseconds)} ms`;
  if (milliseconds < 59_950) return `${(milliseconds / 1000).toFixed(1)} s`;
  const seconds = Math.round(milliseconds / 1000);
  return `${Math.floor(seconds / 60)} min ${String(seconds % 60).padStart(2, "0")} s`;
}
