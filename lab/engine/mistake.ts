/** Something the person at the keyboard can put right: shown as its sentence, without a stack. */
export class Mistake extends Error {
  override readonly name = "Mistake";
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
