/** How long each part of a command took. */
export class Phases {
  private readonly taken: { name: string; milliseconds: number }[] = [];

  async time<T>(name: string, work: () => Promise<T>): Promise<T> {
    const started = Date.now();
    try {
      return await work();
    } finally {
      this.taken.push({ name, milliseconds: Date.now() - started });
    }
  }

  list(): readonly { name: string; milliseconds: number }[] {
    return this.taken;
  }
}
