/** A configuration of this program, without its namespace and otherwise good, and the one sentence that it ends in. */
export type BadConfig = [what: string, config: Record<string, unknown>, sentence: string];

/** A stack's file of this repository, what is changed in it (by path, as in `pulumi config set --path`), and the one sentence. */
export type BadStack = [what: string, stack: StackFile, change: Record<string, unknown>, sentence: string];

export type StackFile = "dev" | "edge" | "lab";
