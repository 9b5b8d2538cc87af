export const root: string;
export const placeholder: string;
export function hasTailscaleCredentials(text: string): boolean;
export function stacksIn(files: string[]): { stack: string; file: string }[];
export function changedStacks(
  changed: string[],
  files: string[],
  read: (file: string) => string,
): { stacks: { stack: string; tailscaleApiKey: string }[]; lab: boolean };
