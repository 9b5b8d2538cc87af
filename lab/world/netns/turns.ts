/** Lets work be done one piece after the other, whoever asks for it. */
export class Turns {
  private last: Promise<unknown> = Promise.resolve();

  take<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.last.then(work);
    // What went wrong is the business of who asked.
    this.last = mine.catch(() => undefined);
    return mine;
  }
}
