export const title: string;
export function issueCommand(code: string, open: number | undefined): string[] | undefined;
